import { readFileSync } from "node:fs";
import { Endpoint } from "../outside/webhooks/endpoint.ts";
import { signingKey } from "../outside/webhooks/signature.ts";
import type { Webhook } from "./webhookSchema.ts";

interface Variables {
  WEBHOOK_URL?: string | undefined;
  WEBHOOK_SECRET?: string | undefined;
  WEBHOOK_SECRET_FILE?: string | undefined;
}

/** The receivers from the file, and the one from the environment. */
export function readWebhooks(
  webhooks: readonly Webhook[],
  { WEBHOOK_URL: url, WEBHOOK_SECRET: secret, WEBHOOK_SECRET_FILE: secretFile }: Variables,
  mistakes: string[],
): Endpoint[] {
  const endpoints = webhooks.flatMap((webhook, index) => {
    const key = keyOf(webhook, `webhooks[${index}]`, mistakes);
    return key ? new Endpoint({ ...webhook, key }) : [];
  });
  if (url) {
    const key = keyOf({ secret, secretFile }, "WEBHOOK_SECRET", mistakes);
    if (key) endpoints.push(new Endpoint({ name: "environment", url, key }));
  }
  return endpoints;
}

function keyOf(
  { secret, secretFile }: Pick<Webhook, "secret" | "secretFile">,
  where: string,
  mistakes: string[],
): Buffer | undefined {
  const text = secret ?? (secretFile ? read(secretFile, where, mistakes) : undefined);
  const key = signingKey(text?.trim() ?? "");
  if (!key && text !== null) {
    mistakes.push(
      `${where}: the secret is not whsec_ and 24 to 64 bytes in base64; create one: ${CREATE_SECRET_COMMAND}`,
    );
  }
  return key;
}

/** @returns null if the file cannot be read; this error is already in `mistakes`. */
function read(path: string, where: string, mistakes: string[]): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    mistakes.push(`${where}: the secret file cannot be read (${code}); user 10001 needs read permission`);
    return null;
  }
}

const CREATE_SECRET_COMMAND = 'echo "whsec_$(openssl rand -base64 32)"';

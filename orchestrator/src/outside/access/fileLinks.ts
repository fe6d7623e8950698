import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId } from "../../ids.ts";
import type { Secret } from "./secret.ts";

export const MAX_LINK_SECONDS = 30 * 24 * 3600;
const DEFAULT_LINK_SECONDS = 24 * 3600;

export const LinkRequest = z
  .strictObject({ expiresInSeconds: z.int().min(1).max(MAX_LINK_SECONDS).default(DEFAULT_LINK_SECONDS) })
  .prefault({});

/** Query parameters of a signed link. */
const Signed = z.object({ expires: z.string().regex(/^\d{1,12}$/), signature: z.string().max(100) });

export interface FileLink {
  /** Path and query only; the client adds the origin. */
  url: string;
  expiresAt: string;
}

/** Signed links that open one file without a token until they expire. */
export class FileLinks {
  readonly #secret: Secret;
  readonly #clock: Clock;

  constructor(secret: Secret, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  make(callId: CallId, name: string, expiresInSeconds: number): FileLink {
    const expires = Math.floor(this.#clock.now().getTime() / 1000) + expiresInSeconds;
    const signature = this.#secret.sign("file-link", textOf(callId, name, String(expires)));
    const path = `/api/calls/${callId}/files/${encodeURIComponent(name)}`;
    return {
      url: `${path}?expires=${expires}&signature=${signature}`,
      expiresAt: new Date(expires * 1000).toISOString(),
    };
  }

  /**
   * Whether a request has a valid link for this file.
   *
   * @returns false if it has no link.
   * @throws RecorderError LINK_REFUSED if the signature is wrong or the link has expired.
   */
  opens(callId: string, name: string, query: unknown): boolean {
    if (!(query && typeof query === "object" && "signature" in query)) return false;
    const { data } = Signed.safeParse(query);
    if (!data || !this.#secret.verifies("file-link", textOf(callId, name, data.expires), data.signature)) {
      throw new RecorderError("LINK_REFUSED", "its signature is not valid");
    }
    if (Number(data.expires) * 1000 <= this.#clock.now().getTime()) {
      throw new RecorderError("LINK_REFUSED", "it has expired");
    }
    return true;
  }
}

const textOf = (callId: string, name: string, expires: string) => JSON.stringify([callId, name, expires]);

import type { LegIn, ManifestLeg } from "../../archive/library/manifest.ts";
import { asRecorderError, type RecorderError } from "../../errors.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { LegContext } from "./legContext.ts";

/** The fields of an error that the manifest and the API show. */
export const errorView = ({ code, message, hint }: RecorderError) => ({ code, message, hint });

/** Ends a leg with an error, which the manifest, the API and the log show. */
export async function failLeg(leg: ManifestLeg, thrown: unknown, context: LegContext): Promise<void> {
  const error = asRecorderError(thrown);
  const level = error.code === "INTERNAL" && !isGatewayError(thrown) ? "error" : "warn";
  context.log[level]({ code: error.code, hint: error.hint, err: error }, "leg failed");
  const failed: LegIn<"failed"> = {
    ...(leg as LegIn<"failed">),
    state: "failed",
    endedAt: "endedAt" in leg ? leg.endedAt : context.services.clock.now().toISOString(),
    error: errorView(error),
  };
  await context.write(failed);
}

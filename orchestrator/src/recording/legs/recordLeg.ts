import type { LegIn } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { answerFirst, type RedirectedLeg } from "./answerFirst.ts";
import { answerLeg } from "./answerLeg.ts";
import { failLeg } from "./failLeg.ts";
import { finishLeg } from "./finishLeg.ts";
import { followLeg } from "./followLeg.ts";
import type { LegContext } from "./legContext.ts";
import { admitLeg, startRecorder } from "./prepareLeg.ts";
import { rollOver } from "./rollOver.ts";
import { takeOver } from "./takeOver.ts";

/** A leg of an incoming call. */
export type IncomingLeg = LegIn<"ringing"> & Pick<LegIn<"connecting">, "mediaConnectionId">;

/** Records one leg, from the ringing call to a verified file in its call's folder. Never throws. */
export async function recordLeg(ringing: IncomingLeg, context: LegContext): Promise<void> {
  try {
    const { leg: admitted, canHold } = await admitLeg(ringing, context);
    const { leg, recorder } = await (canHold ? answerFirst : recorderFirst)(
      { ...admitted, mediaConnectionId: ringing.mediaConnectionId },
      context,
    );
    await recordToEnd(leg, recorder, context);
  } catch (error) {
    const { code } = asRecorderError(error);
    await context.services.gateway.hangUp(ringing.mediaConnectionId, code).catch(() => undefined);
    await failLeg(ringing, error, context);
  }
}

/** For gateways that cannot hold media: the recorder's ports are bound before the call is answered. */
async function recorderFirst(leg: LegIn<"connecting">, context: LegContext): Promise<RedirectedLeg> {
  const recorder = await startRecorder(leg, context);
  await answerLeg(leg, recorder, context);
  return { leg, recorder };
}

/** Continues from an answered call with a bound recorder. Legs of an earlier process resume here. */
export async function recordToEnd(
  answered: LegIn<"connecting" | "recording">,
  recorder: StartedRecorder,
  context: LegContext,
): Promise<void> {
  let current = recorder;
  let followed = await followLeg(answered, current, context); // hang-up, loss, limit, or stop
  for (;;) {
    if (followed.next) {
      const going = await rollOver(followed, current, followed.next, context); // the call continues in the next file
      if ("recorder" in going) current = going.recorder;
      followed = "recorder" in going ? await followLeg(going.leg, current, context) : going;
      continue;
    }
    if (followed.ending.reason !== "recorder_lost") break;
    const next = await takeOver(followed, current, context); // the call continues in another part
    if (next === undefined || next === "gateway_lost") {
      if (next) followed.ending.reason = next;
      else await context.services.gateway.hangUp(followed.leg.mediaConnectionId).catch(() => undefined);
      break;
    }
    current = next.recorder;
    followed = await followLeg(next.leg, current, context);
  }
  await finishLeg(followed.leg, followed.ending, current, context); // stopped, assembled, verified, stored
}

import type { LegIn } from "../library/manifest.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { answerLeg } from "./answerLeg.ts";
import { failLeg } from "./failLeg.ts";
import { followLeg } from "./followLeg.ts";
import type { LegContext } from "./legContext.ts";
import { prepareLeg } from "./prepareLeg.ts";
import { takeHome } from "./takeHome.ts";

/** Records one leg, from the ringing call to a verified file in its call's folder. Never throws. */
export async function recordLeg(ringing: LegIn<"ringing">, context: LegContext): Promise<void> {
  try {
    const { leg, recorder } = await prepareLeg(ringing, context); // the recorder's ports are bound
    await answerLeg(leg, recorder, context); // receive-only, redirected to the recorder
    await recordToEnd(leg, recorder, context);
  } catch (error) {
    await context.rooms.gateway.hangUp(ringing.mediaConnectionId).catch(() => undefined);
    await failLeg(ringing, error, context);
  }
}

/** The story from where the recorder listens and the call is answered. Legs of an earlier life begin here. */
export async function recordToEnd(
  answered: LegIn<"connecting" | "recording">,
  recorder: StartedRecorder,
  context: LegContext,
): Promise<void> {
  const { leg, ending } = await followLeg(answered, recorder, context); // hang-up, loss, or stop
  await takeHome(leg, ending, recorder, context); // finished, assembled, verified, kept
}

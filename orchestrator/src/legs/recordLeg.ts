import type { Logger } from "pino";
import { asRecorderError, RecorderError } from "../errors.ts";
import { Gone, Refused } from "../gateway/gateway.ts";
import { type CallId, type MediaConnectionId, type PeerId, recorderIdOf } from "../ids.ts";
import type { LegIn } from "../library/manifest.ts";
import { chooseCodecs, codecNames, USUAL_CODECS } from "../recorders/codecs.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { failLeg, finaliseLeg } from "./finaliseLeg.ts";
import { followLeg } from "./followLeg.ts";
import type { Rooms } from "./rooms.ts";
import { firstMediaAt, noteTracks } from "./trackNotes.ts";

/** Records one leg, from the ringing call to a verified file in its call's folder. */
export async function recordLeg(recorderPeerId: PeerId, id: MediaConnectionId, rooms: Rooms): Promise<void> {
  const { remoteId, metadata } = await rooms.gateway.status(id);
  const { callId, leg } = await rooms.calls.ring({
    peerId: remoteId,
    metadata,
    recorderPeerId,
    mediaConnectionId: id,
  });
  const log = rooms.log.child({ callId, legId: leg.id });
  log.info({ peerId: remoteId, mediaConnectionId: id }, "leg ringing");
  await rooms.desk.run(callId, leg.id, async (stop) => {
    try {
      const { recorder, connecting } = await prepare(callId, leg, rooms, log);
      await connect(connecting, recorder, rooms).catch(async (error) => {
        await recorder.finish(false);
        throw error;
      });
      log.info({ mediaConnectionId: id, codecs: codecNames(connecting.codecs) }, "leg connecting");
      await record(callId, connecting, recorder, stop, true, rooms, log);
    } catch (error) {
      await rooms.gateway.hangUp(id).catch(() => undefined);
      const known = rooms.calls.leg(callId, leg.id) ?? leg;
      await failLeg(callId, known, asRecorderError(error), rooms, log);
    }
  });
}

/** Starts the leg's recorder, for the codecs that it will send. */
async function prepare(
  callId: CallId,
  leg: LegIn<"ringing">,
  rooms: Rooms,
  log: Logger,
): Promise<{ recorder: StartedRecorder; connecting: LegIn<"connecting"> }> {
  await rooms.calls.record(callId, { ...leg, state: "preparing" });
  const report = await rooms.gateway.tracks(leg.mediaConnectionId);
  const codecs = report ? chooseCodecs(rooms.gateway.offered(report), rooms.preferences) : USUAL_CODECS;
  const recorderId = recorderIdOf(leg.id, 1);
  await rooms.library.checkWritable().catch((error: Error) => {
    throw new RecorderError("STORAGE_UNAVAILABLE", error.message, { cause: error });
  });
  const began = performance.now();
  const recorder = await rooms.recorders.take({ recorderId, callId, legId: leg.id, codecs });
  log.info({ recorderId, ms: Math.round(performance.now() - began) }, "recorder bound");
  return { recorder, connecting: { ...leg, state: "connecting", recorderId, codecs, tracks: [] } };
}

async function connect(leg: LegIn<"connecting">, recorder: StartedRecorder, rooms: Rooms): Promise<void> {
  try {
    await rooms.gateway.answer(leg.mediaConnectionId, leg.codecs, recorder.redirect);
  } catch (error) {
    if (error instanceof Gone || error instanceof Refused) {
      throw new RecorderError("ANSWER_REFUSED", error.message, { cause: error });
    }
    throw error;
  }
}

/** Follows a leg whose recorder listens until it ends, and takes its file home. Adopted legs begin here. */
export async function record(
  callId: CallId,
  begun: LegIn<"connecting" | "recording">,
  recorder: StartedRecorder,
  stop: AbortSignal,
  connecting: boolean,
  rooms: Rooms,
  log: Logger,
): Promise<void> {
  let leg: LegIn<"connecting" | "recording"> = begun;
  if (connecting) await rooms.calls.record(callId, leg);
  const ending = await followLeg(
    {
      mediaConnectionId: leg.mediaConnectionId,
      recorder,
      stop,
      connecting,
      async onTracks(report) {
        const tracks = noteTracks(report);
        const startedAt = firstMediaAt(tracks)?.toISOString();
        const news =
          startedAt !== undefined && (leg.state === "connecting" || begunTracks(leg) < begunTracks({ tracks }));
        if (startedAt && leg.state === "connecting") log.info({ startedAt }, "leg recording");
        leg = startedAt ? { ...leg, state: "recording", startedAt, tracks } : leg;
        if (news) await rooms.calls.record(callId, leg);
      },
    },
    rooms.gateway,
    log,
  );
  log.info({ reason: ending.reason }, "leg ended");
  await finaliseLeg(callId, leg, ending, recorder, rooms, log);
}

const begunTracks = ({ tracks }: Pick<LegIn<"connecting">, "tracks">) =>
  tracks.filter(({ clock }) => clock !== null).length;

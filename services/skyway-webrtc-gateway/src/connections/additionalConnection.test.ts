import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { noCounts } from "../rtp/counters.ts";
import type { AdditionalMedia, Kind, Redirects } from "../webrtc/mediaSession.ts";
import { AdditionalConnection } from "./additionalConnection.ts";

const TO: Redirects = { video: { host: "192.0.2.1", port: 5000 } };
const OPTIONS = { audio: { receive: false }, video: { receive: true }, redirects: TO };

/** Tracks without media. */
class FakeMedia implements AdditionalMedia {
  readonly kinds: readonly Kind[] = ["video"];
  readonly redirects: Redirects[] = [];
  readonly ends: string[] = [];
  readonly isHeld = true;
  onEnded: AdditionalMedia["onEnded"] = () => undefined;

  tracks() {
    return [{ kind: "video" as const, offered: [], negotiated: null, clock: null, counters: noCounts() }];
  }

  requestKeyframe(): void {}

  redirect(redirects: Redirects): void {
    this.redirects.push(redirects);
  }

  redirectAtKeyframe(): void {}

  async end(reason: Parameters<AdditionalMedia["onEnded"]>[0]): Promise<void> {
    this.ends.push(reason);
    this.onEnded(reason, 5);
  }
}

let media: FakeMedia;
let connection: AdditionalConnection;
let ends: number;
beforeEach(() => {
  ends = 0;
  media = new FakeMedia();
  const call = { remoteId: "alice", metadata: { name: "Ada" } };
  connection = new AdditionalConnection(media, call, new ManualClock(), pino({ level: "silent" }), () => ends++);
});

test("further tracks are answered with where they go, once, and have the name of their call", async () => {
  expect(() => connection.redirect(TO)).toThrow("has not been answered");
  await connection.answer(OPTIONS);
  expect(media.redirects).toEqual([TO]);
  expect(connection).toMatchObject({ isOpen: true, remoteId: "alice", metadata: { name: "Ada" }, additional: [] });
  await expect(connection.answer(OPTIONS)).rejects.toMatchObject({ code: "ALREADY_ANSWERED" });
  connection.redirect({});
  expect(media.redirects).toEqual([TO, {}]);
});

test("their end has the reason of their call, which may be known later than the end of the media", async () => {
  await connection.answer(OPTIONS);
  media.onEnded("dtls_closed", 7);
  expect(connection.ended).toBeNull();
  connection.callEnded("force_close");
  expect(connection.ended).toEqual({ reason: "force_close", unixMs: 7 });
  expect(ends).toBe(1);
  expect(connection.tracks()).toHaveLength(1);
  expect(() => connection.redirect(TO)).toThrow("has ended");
});

test("what is still held when the call has ended can be answered", async () => {
  connection.callEnded("force_close");
  await connection.answer(OPTIONS);
  expect(media.redirects).toEqual([TO]);
  media.onEnded("dtls_closed", 7);
  expect(connection.ended?.reason).toBe("force_close");
});

test("they end alone if the caller removes them, or if the program deletes them", async () => {
  media.onEnded("track_removed", 7);
  expect(connection.ended).toEqual({ reason: "track_removed", unixMs: 7 });
  connection.callEnded("leave");
  expect(connection.ended?.reason).toBe("track_removed");

  const other = new FakeMedia();
  const call = { remoteId: "alice", metadata: undefined };
  const deleted = new AdditionalConnection(other, call, new ManualClock(), pino({ level: "silent" }), () => ends++);
  await deleted.release();
  expect(other.ends).toEqual(["deleted"]);
  expect(deleted).toMatchObject({ isGone: true, ended: { reason: "deleted" } });
  await expect(deleted.answer(OPTIONS)).rejects.toMatchObject({ code: "CALL_ENDED" });
  expect(ends).toBe(2);
});

import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import fc from "fast-check";
import { SignalingError } from "../errors.ts";
import { PeerId, Token } from "../ids.ts";
import type { Peer } from "../peer.ts";
import { parsePeerMessage } from "../skyway/clientMessages.ts";
import { RecordingLink } from "../testing/recordingLink.ts";
import { World } from "../world.ts";
import { hostileMessage, MESSAGE_NAMES } from "./hostileMessages.ts";

const EXPIRY_MS = 60_000;

/**
 * Throws messages at the relay, as one peer of two: none may throw anything but a refusal, speak for another, or be
 * kept after it has expired.
 *
 * @returns how many passed.
 */
export function fuzzMessages(seed: number, runs: number): number {
  const clock = new ManualClock();
  const world = new World(clock);
  const links = { alice: new RecordingLink(), bob: new RecordingLink() };
  const alice = world.join(PeerId.parse("alice"), Token.parse("a"), links.alice) as Peer;
  void world.join(PeerId.parse("bob"), Token.parse("b"), links.bob);
  let passed = 0;

  fc.assert(
    fc.property(fc.constantFrom(...MESSAGE_NAMES), hostileMessage, (name, body) => {
      try {
        world.pass(alice, parsePeerMessage(name, body));
        passed += 1;
      } catch (error) {
        if (!(error instanceof SignalingError)) throw error;
      }
      clock.advance(100);
      for (const { heard } of Object.values(links)) {
        for (const { event, body } of heard.splice(0)) if (event !== "OPEN" && event !== "ERROR") expectAlice(body);
      }
    }),
    { seed, numRuns: runs },
  );
  clock.advance(EXPIRY_MS);
  if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
  return passed;
}

function expectAlice(body: unknown): void {
  if ((body as { src?: unknown }).src !== "alice")
    throw new Error(`somebody spoke for another: ${JSON.stringify(body)}`);
}

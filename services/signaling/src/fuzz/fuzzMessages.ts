import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import fc from "fast-check";
import { SignalingError } from "../errors.ts";
import { PeerId, Token } from "../ids.ts";
import type { Peer } from "../peer.ts";
import { parsePeerMessage } from "../skyway/clientMessages.ts";
import { Tenant } from "../tenant.ts";
import { RecordingLink } from "../testing/recordingLink.ts";
import { hostileMessage, MESSAGE_NAMES } from "./hostileMessages.ts";

const EXPIRY_MS = 60_000;

/**
 * Sends hostile messages through the relay as one of two peers. They may only cause signalling errors, must not
 * impersonate another peer, and must not be kept after they expire.
 *
 * @returns the number of relayed messages.
 */
export function fuzzMessages(seed: number, runs: number): number {
  const clock = new ManualClock();
  const tenant = new Tenant(clock);
  const links = { alice: new RecordingLink(), bob: new RecordingLink() };
  const alice = tenant.join(PeerId.parse("alice"), Token.parse("a"), links.alice) as Peer;
  void tenant.join(PeerId.parse("bob"), Token.parse("b"), links.bob);
  let passed = 0;

  fc.assert(
    fc.property(fc.constantFrom(...MESSAGE_NAMES), hostileMessage, (name, body) => {
      try {
        tenant.pass(alice, parsePeerMessage(name, body));
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
    throw new Error(`a peer impersonated another: ${JSON.stringify(body)}`);
}

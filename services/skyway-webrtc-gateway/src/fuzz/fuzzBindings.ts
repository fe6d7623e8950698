import fc from "fast-check";
import { isFrom, readBinding, writeCheck } from "../webrtc/ice/binding.ts";
import { LiteAgent } from "../webrtc/ice/liteAgent.ts";

const OURS = { iceUfrag: "ours", icePwd: "the password of a session" };
const FROM = { host: "192.0.2.1", port: 5_000 };
/** MESSAGE-INTEGRITY covers everything before it; the FINGERPRINT after it is not checked. */
const UNCOVERED_BYTES = 8;

const attribute = fc
  .tuple(
    fc.constantFrom(0x0006, 0x0008, 0x0024, 0x0025, 0x8028, 0x8029, 0x802a, 0x7fff),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([type, value]) => {
    const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
    padded.writeUInt16BE(type, 0);
    padded.writeUInt16BE(value.length, 2);
    padded.set(value, 4);
    return padded;
  });
const madeUp = fc.array(attribute, { maxLength: 8 }).map((attributes) => {
  const body = Buffer.concat(attributes);
  const header = Buffer.from("000100002112a442000000000000000000000000", "hex");
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
});
const sound = Buffer.from(
  writeCheck({
    transactionId: Buffer.alloc(12, 1),
    username: `${OURS.iceUfrag}:theirs`,
    password: OURS.icePwd,
    priority: 1,
    tieBreaker: 1n,
    role: "controlling",
  }),
);
const flipped = fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.integer({ min: 1, max: 255 })), {
  maxLength: 3,
});
const cut = fc.nat({ max: sound.length });

/**
 * STUN messages that anyone can send to the media port of a call whose ICE was restarted: messages without the correct
 * password must not be answered, and nothing may throw.
 *
 * @returns how many valid messages were answered.
 */
export function fuzzBindings(seed: number, runs: number): number {
  let answered = 0;
  const look = (datagram: Buffer, isSound: boolean) => {
    const agent = new LiteAgent<string>(OURS);
    const binding = readBinding(datagram);
    const reply = binding && agent.receive(binding, "path", FROM, 0);
    if ((reply !== undefined) !== isSound)
      throw new Error(`${isSound ? "un" : ""}answered: ${datagram.toString("hex")}`);
    if (reply === undefined) return;
    const own = readBinding(reply);
    if (!own || !isFrom(own, OURS.icePwd)) throw new Error(`unreadable response: ${reply.toString("hex")}`);
    answered += 1;
  };
  fc.assert(
    fc.property(fc.oneof(madeUp, fc.uint8Array({ maxLength: 100 })), flipped, cut, (strange, flips, length) => {
      look(Buffer.from(strange), false);
      look(sound.subarray(0, length), length === sound.length);
      const damaged = Buffer.from(sound);
      for (const [at, bits] of flips) damaged[at] = (damaged[at] ?? 0) ^ bits;
      const covered = sound.length - UNCOVERED_BYTES;
      const isSound = damaged.subarray(0, covered).equals(sound.subarray(0, covered));
      // A FINGERPRINT with a damaged length is not a valid attribute any more.
      if (!isSound || damaged.equals(sound)) look(damaged, isSound);
    }),
    { seed, numRuns: runs, verbose: 0, endOnFailure: true },
  );
  return answered;
}

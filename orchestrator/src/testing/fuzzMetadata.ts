import fc from "fast-check";
import { readMetadata } from "../archive/calls/metadata.ts";
import { MANIFEST_VERSION, Manifest } from "../archive/library/manifest.ts";
import { newCallId, newLegId } from "../ids.ts";

const KEPT_LIMIT_CHARACTERS = 64 * 1024;

const bomb = fc
  .tuple(fc.constantFrom("[", '{"a":', '[{"a":'), fc.constantFrom(10, 1_000, 100_000), fc.boolean())
  .map(([open, depth, closes]) => {
    const ends = open === "[" ? "]" : open === '{"a":' ? "}" : "}]";
    return open.repeat(depth) + (closes ? `1${ends.repeat(depth)}` : "");
  });
const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  bomb,
  fc.constantFrom(
    '{"__proto__":{"call":"x"}}',
    '{"constructor":{"prototype":{}}}',
    '{"call":"../../../etc"}',
    '{"call":1e400}',
    '{"name":"<script>alert(1)</script>"}',
    `{"name":"${"\\ud800".repeat(1_000)}"}`,
    `"${"x".repeat(2_000_000)}"`,
    "\u0000\u001b[2J",
  ),
);
const hostileMetadata = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, maxDepth: 4 }),
);

/** Checks that any peer id and metadata of a caller fit into a small manifest and can be read back. */
export function fuzzMetadata(seed: number, runs: number): void {
  const now = new Date("2026-11-23T12:00:00.000Z");
  const ringingAt = now.toISOString();
  fc.assert(
    fc.property(hostileMetadata, fc.string({ unit: "binary" }), (wire, peerId) => {
      const { key, kept } = readMetadata(wire);
      const leg = {
        state: "ringing",
        id: newLegId(now),
        peerId,
        metadata: kept,
        recorderPeerId: "R",
        mediaConnectionId: "mc-1",
        ringingAt,
      };
      const text = JSON.stringify({
        version: MANIFEST_VERSION,
        id: newCallId(now),
        key,
        startedAt: ringingAt,
        legs: [leg],
      });
      if (text.length > KEPT_LIMIT_CHARACTERS) throw new Error(`a manifest of ${text.length} characters`);
      Manifest.parse(JSON.parse(text));
      if ("call" in {} || "name" in {}) throw new Error("Object.prototype was changed");
    }),
    { seed, numRuns: runs },
  );
}

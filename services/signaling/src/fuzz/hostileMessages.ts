import fc from "fast-check";

export const MESSAGE_NAMES = ["SEND_OFFER", "SEND_ANSWER", "SEND_CANDIDATE", "SEND_FORCE_CLOSE"] as const;

export const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, maxDepth: 3 });

/** Paths, control characters, names of object members, markup, and a very long name. */
export const hostileName = fc.constantFrom(
  "nobody",
  "__proto__",
  "constructor",
  "",
  "\u0000",
  "../..",
  "..%2f..",
  "<img src=x onerror=alert(1)>",
  "a\r\nb",
  "\u202e",
  "x".repeat(100_000),
);

const peerId = fc.oneof(fc.constantFrom("alice", "bob"), hostileName);
const description = fc.oneof(anything, fc.record({ type: fc.constantFrom("offer", "answer"), sdp: fc.string() }));

/** Nested objects, deep enough to overflow a recursive reader. */
const bomb = fc.constantFrom(10, 100, 5_000).map((depth) => {
  let value: unknown = "the end";
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
});

/** Similar to messages of skyway-js, with any part invalid. */
const nearMessage = fc.record(
  {
    dst: fc.oneof({ weight: 5, arbitrary: peerId }, { weight: 1, arbitrary: anything }),
    connectionId: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("mc_1", "mc_2", "__proto__") },
      hostileName,
      anything,
    ),
    connectionType: fc.constantFrom("media", "data", undefined),
    offer: description,
    answer: description,
    candidate: fc.oneof(anything, fc.record({ candidate: fc.string(), sdpMid: fc.option(fc.string()) })),
    metadata: fc.oneof({ weight: 9, arbitrary: anything }, { weight: 1, arbitrary: bomb }),
    src: fc.constant("mallory"),
    dcInit: anything,
  },
  { requiredKeys: [] },
);

export const hostileMessage: fc.Arbitrary<unknown> = fc.oneof({ weight: 9, arbitrary: nearMessage }, anything);

/** Engine.IO and socket.io packets that no client sends. */
export const hostilePacket: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc
    .tuple(
      fc.constantFrom("4", "42", "40", "41", "43", "44", "45", "46", "451-", "42/x,", "40//,", "2", "3", "6"),
      fc.string(),
    )
    .map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom(...MESSAGE_NAMES, "disconnect", "error", "connect_error", "newListener"), fc.json())
    .map(([name, body]) => `42${JSON.stringify([name]).slice(0, -1)},${body}]`),
  fc.constantFrom(
    `42["SEND_OFFER",${"[".repeat(20_000)}`,
    `42["SEND_OFFER",${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}]`,
  ),
);

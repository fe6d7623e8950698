import fc from "fast-check";
import { CHROMIUM, CHROMIUM_SIMULCAST, CHROMIUM_WITH_DATA, FIREFOX, SAFARI_LIKE } from "../webrtc/offers.fixture.ts";

const OFFERS = [CHROMIUM, CHROMIUM_SIMULCAST, CHROMIUM_WITH_DATA, FIREFOX, SAFARI_LIKE];

/** Values that parsers may misread. */
const junk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    ..."-1 0 1e999 NaN 99999999999999999999 0x10 65536 4294967296 __proto__ constructor ../../etc/passwd * % %s%n".split(
      " ",
    ),
    "",
    " ",
    "\u0000",
    "\ufffe",
    "<script>alert(1)</script>",
    "a=b;".repeat(500),
    "1 ".repeat(2_000),
    "x".repeat(5_000),
  ),
);

/** Lines that the parser interprets, in unexpected places and numbers. */
const line = fc.oneof(
  fc.tuple(fc.constantFrom("a=", "m=", "c=", "b=", "v=", "o=", "z", ""), junk).map((parts) => parts.join("")),
  fc
    .tuple(
      fc.constantFrom(
        ..."rtpmap fmtp rtcp-fb mid group ssrc-group ssrc simulcast rid extmap candidate ice-ufrag ice-pwd fingerprint setup".split(
          " ",
        ),
      ),
      fc.constantFrom(":", ":96 ", ":BUNDLE ", ":FID ", ":send ", ""),
      junk,
    )
    .map(([name, colon, value]) => `a=${name}${colon}${value}`),
  fc
    .tuple(fc.constantFrom("audio", "video", "application", "image", "\u0000"), junk, junk)
    .map(([type, port, rest]) => `m=${type} ${port} UDP/TLS/RTP/SAVPF ${rest}`),
);

type Change = (lines: string[]) => void;
const at = fc.nat({ max: 400 });
const change: fc.Arbitrary<Change> = fc.oneof(
  at.map(
    (where): Change =>
      (lines) =>
        void lines.splice(where % lines.length, 1),
  ),
  fc.tuple(at, line).map(
    ([where, text]): Change =>
      (lines) =>
        void lines.splice(where % lines.length, 0, text),
  ),
  fc.tuple(at, fc.constantFrom(2, 10, 300)).map(
    ([where, times]): Change =>
      (lines) => {
        const index = where % lines.length;
        lines.splice(index, 0, ...Array<string>(times).fill(lines[index] ?? ""));
      },
  ),
  fc.tuple(at, at, junk).map(
    ([where, column, text]): Change =>
      (lines) => {
        const index = where % lines.length;
        const old = lines[index] ?? "";
        const split = column % (old.length + 1);
        lines[index] = old.slice(0, split) + text + old.slice(split + (column % 5));
      },
  ),
  fc.tuple(at, at).map(
    ([one, other]): Change =>
      (lines) => {
        const [a, b] = [one % lines.length, other % lines.length];
        [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
      },
  ),
  at.map(
    (where): Change =>
      (lines) =>
        void lines.splice(where % lines.length),
  ),
);

/** Browser offers with some lines modified to break parsers, and sometimes no offer at all. */
export const hostileOffer: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...OFFERS),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("\r\n", "\r\n", "\n", "\r"),
      )
      .map(([offer, changes, lineEnd]) => {
        const lines = offer.split("\r\n");
        for (const apply of changes) if (lines.length > 0) apply(lines);
        return lines.join(lineEnd);
      }),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }).map((text) => `v=0\r\n${text}`) },
);

/** Malformed trickled candidates. */
export const hostileCandidate: fc.Arbitrary<string> = fc.oneof(
  line,
  junk,
  fc
    .tuple(
      junk,
      fc.constantFrom("1", "2", "-1"),
      fc.constantFrom("udp", "tcp", "UDP"),
      junk,
      fc.oneof(junk, fc.ipV4(), fc.ipV6()),
      junk,
    )
    .map(
      ([foundation, component, protocol, priority, address, port]) =>
        `candidate:${foundation} ${component} ${protocol} ${priority} ${address} ${port} typ host`,
    ),
);

import { describe, expect, it } from "vitest";
import { type Agreement, isForTransport, localCandidates } from "./agreement.ts";
import { parseOffer } from "./offer.ts";
import { CHROMIUM } from "./offers.fixture.ts";

const agreement = { offer: parseOffer(CHROMIUM) } as Agreement;

describe("a remote candidate", () => {
  it.each([
    ["the mid of the transport", "0", 5, true],
    ["another mid", "1", 0, false],
    ["only the index of the transport", null, 0, true],
    ["only another index", null, 1, false],
    ["neither mid nor index", null, null, true],
  ])("with %s is assigned by it", (_, sdpMid, sdpMLineIndex, isOurs) => {
    expect(isForTransport({ candidate: "candidate:1", sdpMid, sdpMLineIndex }, agreement)).toBe(isOurs);
  });
});

describe("our candidates", () => {
  it("name the m-line that has the transport", () => {
    const [candidate] = localCandidates(agreement, [{ address: "192.0.2.1", port: 40_000 }]);
    expect(candidate).toEqual({
      candidate: expect.stringContaining(" 192.0.2.1 40000 typ host"),
      sdpMid: "0",
      sdpMLineIndex: 0,
    });
  });
});

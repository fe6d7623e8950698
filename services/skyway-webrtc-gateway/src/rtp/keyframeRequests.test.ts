import { describe, expect, it } from "vitest";
import { KeyframeRequests } from "./keyframeRequests.ts";

function requestsWithin(ms: number, requests: KeyframeRequests, roundTripMs: number): number[] {
  const sent: number[] = [];
  for (let at = 0; at < ms; at += 10) if (requests.due(at, roundTripMs)) sent.push(at);
  return sent;
}

describe("requesting a keyframe", () => {
  it("is not done unless one is needed", () => {
    expect(requestsWithin(5_000, new KeyframeRequests(), 10)).toEqual([]);
  });

  it("is done at once, then repeated with increasing intervals", () => {
    const requests = new KeyframeRequests();
    requests.want();
    expect(requestsWithin(6_000, requests, 10)).toEqual([0, 300, 900, 2_100, 4_100]);
  });

  it("gives a distant sender time to answer", () => {
    const requests = new KeyframeRequests();
    requests.want();
    expect(requestsWithin(1_500, requests, 400)).toEqual([0, 800]);
  });

  it("starts again when a sender is back after unanswered requests", () => {
    const requests = new KeyframeRequests();
    requests.want();
    expect(requestsWithin(3_000, requests, 10)).toEqual([0, 300, 900, 2_100]);
    requests.wantAfterOutage();
    expect(requests.due(3_000, 10)).toBe(true);
    expect(requests.due(3_290, 10)).toBe(false);
    expect(requests.due(3_300, 10)).toBe(true);
  });

  it("ends when a keyframe arrives, and does not restart too soon", () => {
    const requests = new KeyframeRequests();
    requests.want();
    expect(requests.due(0, 10)).toBe(true);
    requests.satisfy();
    requests.want();
    expect(requests.due(100, 10)).toBe(false);
    expect(requests.due(300, 10)).toBe(true);
  });
});

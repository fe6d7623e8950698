import { describe, expect, it } from "vitest";
import { RoundTrip } from "./roundTrip.ts";

describe("the round trip", () => {
  it("has a default until it was measured", () => {
    expect(new RoundTrip().ms).toBe(100);
  });

  it("is derived from repairs until the sender echoes, and then from echoes", () => {
    const roundTrip = new RoundTrip();
    roundTrip.repaired(80);
    expect(roundTrip.ms).toBe(80);
    roundTrip.echoed(40);
    roundTrip.repaired(500);
    expect(roundTrip.ms).toBe(40);
  });

  it("is smoothed", () => {
    const roundTrip = new RoundTrip();
    roundTrip.echoed(40);
    roundTrip.echoed(120);
    expect(roundTrip.ms).toBe(50);
  });
});

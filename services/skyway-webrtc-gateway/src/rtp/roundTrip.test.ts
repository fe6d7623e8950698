import { describe, expect, it } from "vitest";
import { RoundTrip } from "./roundTrip.ts";

describe("the round trip", () => {
  it("is assumed until it was measured", () => {
    expect(new RoundTrip().ms).toBe(100);
  });

  it("is taken from repairs while the sender echoes nothing, and from echoes as soon as it does", () => {
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

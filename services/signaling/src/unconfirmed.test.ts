import { expect, test } from "vitest";
import { PeerId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { ServerMessage } from "./messages.ts";
import { Unconfirmed } from "./unconfirmed.ts";

const [alice, bob] = [PeerId.parse("alice"), PeerId.parse("bob")];

function offer(connectionId: string, sdp = "v=0"): ServerMessage {
  return { event: "OFFER", body: { src: alice, dst: bob, connectionId, offer: { type: "offer", sdp } } };
}

test("messages after the last confirmed one are kept in order", () => {
  const unconfirmed = new Unconfirmed();
  for (const id of ["mc_1", "mc_2"]) unconfirmed.sent(offer(id));
  const confirmed = unconfirmed.last;
  unconfirmed.sent(offer("mc_3"));
  unconfirmed.sent({ event: "LEAVE", body: alice });

  unconfirmed.confirm(confirmed);

  expect(unconfirmed.messages).toEqual([offer("mc_3"), { event: "LEAVE", body: alice }]);
});

test("signalling's own messages about a link are not kept", () => {
  const unconfirmed = new Unconfirmed();

  unconfirmed.sent({ event: "OPEN", body: { peerId: bob } });
  unconfirmed.sent({ event: "AUTH_EXPIRES_IN", body: 300 });
  unconfirmed.sent({ event: "ERROR", body: { type: "peer-unavailable", message: "nobody" } });

  expect(unconfirmed.isEmpty).toBe(true);
});

test("the number and size of kept messages are limited", () => {
  const unconfirmed = new Unconfirmed();

  for (let number = 0; number <= LIMITS.unconfirmedMessages; number += 1) unconfirmed.sent(offer(`mc_${number}`));
  expect(unconfirmed.messages).toHaveLength(LIMITS.unconfirmedMessages);
  expect(unconfirmed.messages[0]).toEqual(offer("mc_1"));

  for (let number = 0; number < 8; number += 1) unconfirmed.sent(offer(`mc_large_${number}`, "v".repeat(200_000)));
  expect(unconfirmed.messages.length).toBeLessThan(8);
  expect(unconfirmed.messages.at(-1)?.body).toMatchObject({ connectionId: "mc_large_7" });
});

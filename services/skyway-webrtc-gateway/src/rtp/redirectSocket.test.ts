import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { RedirectSocket } from "./redirectSocket.ts";

it("sends to IPv4 and IPv6, in order", async () => {
  const received: string[] = [];
  for (const [type, host] of [
    ["udp4", "127.0.0.1"],
    ["udp6", "::1"],
  ] as const) {
    const receiver = createSocket(type).on("message", (packet) => received.push(packet.toString()));
    receiver.bind(0, host);
    await once(receiver, "listening");
    const redirect = new RedirectSocket();
    for (const word of ["one", "two", "three"])
      redirect.send(Buffer.from(word), { host, port: receiver.address().port });
    await expect.poll(() => received.splice(0)).toEqual(["one", "two", "three"]);
    expect(redirect.errors).toBe(0);
    await redirect.close();
    receiver.close();
  }
});

it("counts packets that cannot be sent, and continues", async () => {
  const redirect = new RedirectSocket();
  redirect.send(Buffer.alloc(70_000), { host: "127.0.0.1", port: 9 }); // larger than a datagram
  redirect.send(Buffer.from("x"), { host: "127.0.0.1", port: 0 });
  redirect.send(Buffer.from("x"), { host: "127.0.0.1", port: 1 }); // nobody listens there
  await expect.poll(() => redirect.errors).toBe(2);
  await redirect.close();
});

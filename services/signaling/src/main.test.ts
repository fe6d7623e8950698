import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { expect, test } from "vitest";
import { Client } from "./testing/client.ts";
import { SignalingProgram } from "./testing/signalingProgram.ts";

test.each([
  [{ BIND_ADDRESS: "0.0.0.0" }, "SKYWAY_API_KEY is the default key"],
  [{ SKYWAY_API_KEY: "SKYWAY API KEY" }, "SKYWAY_API_KEY (entry 1)"],
])("refuses to start with %j, in one line", async (environment, message) => {
  await using program = new SignalingProgram(environment);

  expect(await program.ends()).toBe(1);
  expect(program.output).toContain(message);
  expect(program.output.trim().split("\n")).toHaveLength(1);
});

test("a port in use is reported in one line", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  try {
    await using program = new SignalingProgram({ PORT: String(port) });

    expect(await program.ends()).toBe(1);
    expect(program.output).toContain(String(port));
    expect(program.output.trim().split("\n")).toHaveLength(1);
  } finally {
    squatter.close();
  }
});

test("after a restart, clients reconnect automatically, and no peer receives LEAVE", async () => {
  await using first = new SignalingProgram({ PORT: "0" });
  const server = await first.starts();
  using alice = await Client.open(server, { peerId: "alice", reconnection: true });
  using bob = await Client.open(server, { peerId: "bob", reconnection: true });
  await alice.reachesWebSocket();
  await bob.reachesWebSocket();
  alice.offer("bob");
  await bob.hears("OFFER");

  first.process.kill("SIGTERM");
  expect(await first.ends()).toBe(0);
  await using second = new SignalingProgram({ PORT: server.port });
  await second.starts();
  await waitFor(
    "both are back",
    () => [alice, bob].every(({ events }) => events.at(-1) === "OPEN" && events.length > 1),
    8_000,
  );
  bob.answer("alice");
  await alice.hears("ANSWER");

  expect(bob.events).not.toContain("LEAVE");
  expect(alice.events).not.toContain("LEAVE");
  expect(first.output).not.toContain("token");
}, 20_000);

/**
 * Makes many calls from a host of its own, and keeps them up: node callersInside.ts '<settings>' <file with the media>.
 * Reads from its standard input: `{"call":…}` starts calls, an empty line hangs all up. Writes one event per line.
 */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Publisher } from "../soak/publisher.ts";
import type { CallerEvent, CallersSettings, CallsOrder } from "./callers.ts";

const FOREVER_MS = 2 ** 31 - 1;

const settings = JSON.parse(process.argv[2] ?? "") as CallersSettings;
const encoded = JSON.parse(await readFile(process.argv[3] ?? "", "utf8")) as { video: string[][]; audio: string[] };
const bytes = (text: string) => Buffer.from(text, "base64");
const media = { video: encoded.video.map((frame) => frame.map(bytes)), audio: encoded.audio.map(bytes) };
const hangUp = new AbortController();
const calls: Promise<void>[] = [];
const say = (event: CallerEvent) => void process.stdout.write(`${JSON.stringify(event)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "") break;
  const { first, count, perSecond } = JSON.parse(line) as CallsOrder;
  for (let index = 0; index < count; index += 1) {
    calls.push(call(`${settings.run}-${first + index}`));
    await delay(1000 / perSecond);
  }
}
hangUp.abort();
await Promise.all(calls);
// libdatachannel's threads would keep the process alive for a while.
process.exit(0);

async function call(peerId: string): Promise<void> {
  try {
    const publisher = await Publisher.open(peerId, media, { ...settings, answersNacks: true });
    say({ event: "answered", peerId, afterMs: publisher.answeredAfterMs });
    await publisher.talk(FOREVER_MS, hangUp.signal);
    say({ event: "over", peerId, sent: publisher.sent });
    await publisher.hangUp();
    await publisher[Symbol.asyncDispose]();
  } catch (error) {
    say({ event: "failed", peerId, reason: error instanceof Error ? error.message : String(error) });
  }
}

import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Paths } from "../../archive/library/paths.ts";
import { newCallId } from "../../ids.ts";
import { CHAT_LIMIT_BYTES, ChatFile } from "./chatFile.ts";
import { readLines } from "./chatLine.ts";

const AT = "2026-01-01T12:00:00.000Z";
const call = newCallId(new Date(AT));
const line = (text: string) => ({ at: AT, peerId: "ada", text });

let paths: Paths;
let path: string;
beforeEach(async () => {
  paths = new Paths(await mkdtemp(join(tmpdir(), "chat-")));
  await mkdir(paths.call(call), { recursive: true });
  path = paths.recording(call, "chat.jsonl");
});
afterEach(() => rm(paths.root, { recursive: true }));

test("messages that arrive at the same time are all stored, in order", async () => {
  const file = new ChatFile(paths);
  const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
  await Promise.all(texts.map((text) => file.append(call, line(text))));
  expect(readLines(await readFile(path, "utf8")).map(({ text }) => text)).toEqual(texts);
  await file.writeSubtitles(call, Date.parse(AT));
  expect(await readFile(paths.recording(call, "chat.vtt"), "utf8")).toContain("<v ada>message 49\n");
});

test("an incomplete line left by a power failure does not damage the next one", async () => {
  await appendFile(path, '{"at":"2026-');
  await new ChatFile(paths).append(call, line("after it"));
  expect(readLines(await readFile(path, "utf8"))).toEqual([line("after it")]);
});

test("a call's chat has a size limit", async () => {
  await writeFile(path, "");
  await truncate(path, CHAT_LIMIT_BYTES - 10);
  expect(await new ChatFile(paths).append(call, line("too much"))).toBe(false);
});

test("a failed write is an error, and the next message is still written", async () => {
  const file = new ChatFile(paths);
  await rm(paths.call(call), { recursive: true });
  await expect(file.append(call, line("lost"))).rejects.toThrow("ENOENT");
  await mkdir(paths.call(call), { recursive: true });
  expect(await file.append(call, line("kept"))).toBe(true);
});

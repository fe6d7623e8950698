import { expect, test } from "vitest";
import {
  EarlyMessages,
  MAX_EARLY_BYTES,
  MAX_EARLY_BYTES_IN_ALL,
  MAX_EARLY_MESSAGES,
  noDataTotals,
} from "./earlyMessages.ts";

const bytes = (length: number) => Buffer.alloc(length);

test("the first messages are kept in order, up to a number; all later ones are counted", () => {
  const totals = noDataTotals();
  const early = new EarlyMessages(totals);
  const sent = Array.from({ length: MAX_EARLY_MESSAGES + 2 }, (_, n) => Buffer.from(`${n}`));
  for (const message of sent) early.add(message);
  expect(early.take()).toEqual({ messages: sent.slice(0, MAX_EARLY_MESSAGES), dropped: 2 });
  expect(early.take()).toEqual({ messages: [], dropped: 0 });
  expect(totals).toEqual({ earlyBytes: 0, droppedToProgram: 2, droppedToPeer: 0 });
});

test("no message is delivered after a gap: the first one that is too long is the last one that is looked at", () => {
  const early = new EarlyMessages(noDataTotals());
  for (const length of [MAX_EARLY_BYTES - 1, 2, 1]) early.add(bytes(length));
  const { messages, dropped } = early.take();
  expect([messages.map(({ length }) => length), dropped]).toEqual([[MAX_EARLY_BYTES - 1], 2]);
});

test("all connections together keep a limited number of bytes, and release them when they end", () => {
  const totals = noDataTotals();
  const full = Array.from({ length: MAX_EARLY_BYTES_IN_ALL / MAX_EARLY_BYTES }, () => new EarlyMessages(totals));
  for (const early of full) early.add(bytes(MAX_EARLY_BYTES));
  const late = new EarlyMessages(totals);
  late.add(bytes(1));
  expect(late.take()).toEqual({ messages: [], dropped: 1 });
  for (const early of full) expect(early.discard()).toBe(1);
  expect(totals).toEqual({ earlyBytes: 0, droppedToProgram: 1 + full.length, droppedToPeer: 0 });
  late.add(bytes(1));
  expect(late.take().messages).toHaveLength(1);
});

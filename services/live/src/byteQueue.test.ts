import { expect, test } from "vitest";
import { ByteQueue } from "./byteQueue.ts";

test("bytes can be taken in other pieces than they were pushed in", () => {
  const queue = new ByteQueue();
  for (const piece of ["ab", "", "cde", "f"]) queue.push(Buffer.from(piece));
  expect([queue.length, queue.peek(4).toString(), queue.peek(100).toString()]).toEqual([6, "abcd", "abcdef"]);
  expect(["a", "bcd", "ef"].map(({ length }) => queue.take(length).toString())).toEqual(["a", "bcd", "ef"]);
  expect(() => queue.take(1)).toThrow(RangeError);
  expect(queue.take(0)).toHaveLength(0);
});

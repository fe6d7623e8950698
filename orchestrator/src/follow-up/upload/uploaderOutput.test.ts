import { expect, test } from "vitest";
import { endedWith, percentOf } from "./uploaderOutput.ts";

const STATS = '{"level":"warning","msg":"\\nTransferred","stats":{"bytes":750,"totalBytes":3000,"errors":0}}';
const VERIFIED = '{"event":"verified","by":"checksum"}';

test("progress is computed from rclone's byte counts", () => {
  expect(percentOf(STATS)).toBe(25);
  expect(percentOf('{"stats":{"bytes":0,"totalBytes":0}}')).toBeUndefined();
  expect(percentOf("2026/11/23 17:01:50 Failed")).toBeUndefined();
});

test("an upload succeeds only after the files on the remote were verified", () => {
  expect(endedWith("verified", { exitCode: 0, stdout: `${STATS}\n${VERIFIED}\n`, stderr: "" })).toEqual({
    by: "checksum",
  });
  expect(() => endedWith("verified", { exitCode: 0, stdout: STATS, stderr: "" })).toThrow(/no error message/);
  expect(() => endedWith("verified", { exitCode: 137, stdout: `${STATS}\n${VERIFIED}`, stderr: "" })).toThrow(/137/);
});

test("a failure shows rclone's last error", () => {
  const stdout = `${STATS}\n{"level":"error","msg":"md5 differ"}\n2026/11/23 17:01:42 Failed to check: 1 differences found\n`;
  expect(() => endedWith("verified", { exitCode: 1, stdout, stderr: "" })).toThrow(
    expect.objectContaining({
      code: "UPLOAD_FAILED",
      message: expect.stringMatching(/exit code 1: Failed to check: 1 differences found$/),
    }),
  );
});

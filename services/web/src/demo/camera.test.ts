import { expect, test } from "vitest";
import { openCamera } from "./camera.ts";
import { explain } from "./mistakes.ts";

const failure = (name: string) => Object.assign(new Error(name), { name });
const machine = (has: { audio: boolean; video: boolean }) => ({
  async getUserMedia({ audio, video }: MediaStreamConstraints = {}) {
    if ((audio && !has.audio) || (video && !has.video)) throw failure("NotFoundError");
    return { audio, video } as unknown as MediaStream;
  },
});

test("a machine with both gives both, and there is nothing to say", async () => {
  const { stream, note } = await openCamera(machine({ audio: true, video: true }));
  expect(stream).toMatchObject({ audio: true, video: { width: 640 } });
  expect(note).toBeUndefined();
});

test("a machine without a camera joins by microphone, and says so", async () => {
  expect((await openCamera(machine({ audio: true, video: false }))).note).toContain("No camera");
});

test("a machine without a microphone joins by camera, and says so", async () => {
  expect((await openCamera(machine({ audio: false, video: true }))).note).toContain("No microphone");
});

test("a machine with neither, a refusal and a page that is not secure are explained", async () => {
  const words = async (opening: Promise<unknown>) => explain(await opening.catch((error: unknown) => error));
  const refusing = { getUserMedia: () => Promise.reject(failure("NotAllowedError")) };
  expect(await words(openCamera(machine({ audio: false, video: false })))).toContain("neither");
  expect(await words(openCamera(refusing))).toContain("not allowed");
  expect(await words(openCamera(undefined))).toContain("HTTPS");
});

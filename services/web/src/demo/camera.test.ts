import { expect, test } from "vitest";
import { openCamera } from "./camera.ts";
import { explain } from "./errorTexts.ts";

const failure = (name: string) => Object.assign(new Error(name), { name });
const device = (has: { audio: boolean; video: boolean }) => ({
  async getUserMedia({ audio, video }: MediaStreamConstraints = {}) {
    if ((audio && !has.audio) || (video && !has.video)) throw failure("NotFoundError");
    return { audio, video } as unknown as MediaStream;
  },
});

test("a device with camera and microphone opens both, without a note", async () => {
  const { stream, note } = await openCamera(device({ audio: true, video: true }));
  expect(stream).toMatchObject({ audio: true, video: { width: 640 } });
  expect(note).toBeUndefined();
});

test("a device without a camera joins with its microphone and shows a note", async () => {
  expect((await openCamera(device({ audio: true, video: false }))).note).toContain("No camera");
});

test("a device without a microphone joins with its camera and shows a note", async () => {
  expect((await openCamera(device({ audio: false, video: true }))).note).toContain("No microphone");
});

test("a device with neither, a refused permission and an insecure page are explained", async () => {
  const text = async (opening: Promise<unknown>) => explain(await opening.catch((error: unknown) => error));
  const refusing = { getUserMedia: () => Promise.reject(failure("NotAllowedError")) };
  expect(await text(openCamera(device({ audio: false, video: false })))).toContain("neither");
  expect(await text(openCamera(refusing))).toContain("not allowed");
  expect(await text(openCamera(undefined))).toContain("HTTPS");
});

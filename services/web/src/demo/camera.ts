const VIDEO: MediaTrackConstraints = { width: 640, height: 480, frameRate: 30 };
/** The best first; the next where the machine lacks a camera or a microphone. */
const WISHES: readonly { constraints: MediaStreamConstraints; note?: string }[] = [
  { constraints: { audio: true, video: VIDEO } },
  { constraints: { audio: true }, note: "No camera was found: you are heard, but not seen." },
  { constraints: { video: VIDEO }, note: "No microphone was found: you are seen, but not heard." },
];

export interface Camera {
  stream: MediaStream;
  /** What is missing, in words. */
  note: string | undefined;
}

/**
 * Opens camera and microphone, or the one that is there.
 *
 * @throws an error that explain() has words for.
 */
export async function openCamera(devices: Pick<MediaDevices, "getUserMedia"> | undefined): Promise<Camera> {
  // Browsers have no mediaDevices on pages that are neither from localhost nor over HTTPS.
  if (!devices) throw Object.assign(new Error("the page is not secure"), { name: "InsecureContext" });
  let missing: unknown;
  for (const { constraints, note } of WISHES) {
    try {
      return { stream: await devices.getUserMedia(constraints), note };
    } catch (error) {
      if (!(error instanceof Error && error.name === "NotFoundError")) throw error;
      missing = error;
    }
  }
  throw missing;
}

/** One encoded frame, as it left the encoder. */
export interface TappedFrame {
  rtpTimestamp: number;
  /** When it was encoded, by the page's clock, in unix milliseconds. */
  atMs: number;
  data: ArrayBuffer;
}

/** Stores a copy of every encoded frame of a sender. */
export interface Tap {
  frames(): Promise<TappedFrame[]>;
}

/** Frames are forwarded immediately; only a copy is stored. */
const WORKER = `
  const kept = [];
  onrtctransform = async ({ transformer: { readable, writable } }) => {
    const writer = writable.getWriter();
    for (const reader = readable.getReader(); ; ) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      const { rtpTimestamp = frame.timestamp } = frame.getMetadata();
      kept.push({ rtpTimestamp, atMs: performance.timeOrigin + performance.now(), data: frame.data.slice(0) });
      await writer.write(frame);
    }
  };
  onmessage = ({ ports: [port] }) => port.postMessage(kept);
`;

export function tap(sender: RTCRtpSender): Tap {
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })));
  sender.transform = new RTCRtpScriptTransform(worker);
  return {
    frames: () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data as TappedFrame[]);
        worker.postMessage(undefined, [port2]);
      }),
  };
}

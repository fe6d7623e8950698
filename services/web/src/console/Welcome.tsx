import { useEffect, useState } from "preact/hooks";
import { getClientConfiguration } from "../api/client.ts";

const RECORDER = "TestRecorder";

/** Shown before the first call: how to make one. */
export function Welcome() {
  const [recorder, setRecorder] = useState(RECORDER);
  useEffect(() => {
    getClientConfiguration().then(
      ({ recorderPeerId }) => setRecorder(recorderPeerId),
      () => undefined,
    );
  }, []);
  return (
    <section class="welcome">
      <span class="lamp" aria-hidden="true" />
      <h1>Ready for the first call</h1>
      <p>Calls to the recorder are recorded and appear here at once. You can try it alone:</p>
      <ol>
        <li>
          Open the <a href="/demo">demo call</a> and join with camera and microphone.
        </li>
        <li>Open the link it gives you in a second window, or on another device.</li>
        <li>Talk, hang up, and play the recordings of both sides on this page.</li>
      </ol>
      <p class="start">
        <a class="button primary" href="/demo">
          Start a demo call
        </a>
      </p>
      <p class="small">
        In your own page:{" "}
        <code>
          peer.call("{recorder}", stream, {'{ videoCodec: "VP8" }'})
        </code>
      </p>
    </section>
  );
}

import { useEffect, useState } from "preact/hooks";
import { getClientConfiguration } from "../api/client.ts";

const RECORDER = "TestRecorder";

/** What a newcomer sees before the first call: how to make one. */
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
      <p>Whoever calls the recorder is recorded here, while they talk. Try it with nobody but yourself:</p>
      <ol>
        <li>
          Open the <a href="/demo">demo call</a> and join with camera and microphone.
        </li>
        <li>Open the link it gives you in a second window, or on another device.</li>
        <li>Talk, hang up, and play both sides on this page.</li>
      </ol>
      <p class="way">
        <a class="button primary" href="/demo">
          Start a demo call
        </a>
      </p>
      <p class="small">
        From a page of your own:{" "}
        <code>
          peer.call("{recorder}", stream, {'{ videoCodec: "VP8" }'})
        </code>
      </p>
    </section>
  );
}

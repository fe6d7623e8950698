import { useState } from "preact/hooks";
import { Bar } from "../ui/Bar.tsx";
import { type Camera, openCamera } from "./camera.ts";
import { explain } from "./errorTexts.ts";
import { Lobby } from "./Lobby.tsx";
import { Phone, type PhoneState } from "./phone.ts";
import { Room } from "./Room.tsx";

/** Two people open this page and call each other; the media of both is recorded. */
export function Demo() {
  const [camera, setCamera] = useState<Camera>();
  const [phone, setPhone] = useState<Phone>();
  const [state, setState] = useState<PhoneState>({ status: "ready" });
  const [errorText, setErrorText] = useState<string>();
  const invitedBy = new URLSearchParams(location.search).get("call") ?? undefined;

  async function join(name: string) {
    setErrorText(undefined);
    try {
      const opened = camera ?? (await openCamera(navigator.mediaDevices));
      setCamera(opened);
      const own = await Phone.open(name, opened.stream, { onState: setState, onErrorText: setErrorText });
      setPhone(own);
      if (invitedBy) own.call(invitedBy);
    } catch (error) {
      setErrorText(explain(error));
    }
  }

  return (
    <div class="page">
      <Bar page="demo" />
      <main>
        {phone && camera ? (
          <Room phone={phone} state={state} camera={camera} errorText={errorText} invitedBy={invitedBy} />
        ) : (
          <Lobby invited={invitedBy !== undefined} onJoin={join} errorText={errorText} />
        )}
      </main>
    </div>
  );
}

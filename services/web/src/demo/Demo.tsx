import { useState } from "preact/hooks";
import { Bar } from "../ui/Bar.tsx";
import { type Camera, openCamera } from "./camera.ts";
import { Lobby } from "./Lobby.tsx";
import { explain } from "./mistakes.ts";
import { Phone, type PhoneState } from "./phone.ts";
import { Room } from "./Room.tsx";

/** Two people open this page, call each other, and what each of them sends is recorded. */
export function Demo() {
  const [camera, setCamera] = useState<Camera>();
  const [phone, setPhone] = useState<Phone>();
  const [state, setState] = useState<PhoneState>({ at: "ready" });
  const [mistake, setMistake] = useState<string>();
  const invitedBy = new URLSearchParams(location.search).get("call") ?? undefined;

  async function join(name: string) {
    setMistake(undefined);
    try {
      const opened = camera ?? (await openCamera(navigator.mediaDevices));
      setCamera(opened);
      const own = await Phone.open(name, opened.stream, { onState: setState, onMistake: setMistake });
      setPhone(own);
      if (invitedBy) own.call(invitedBy);
    } catch (error) {
      setMistake(explain(error));
    }
  }

  return (
    <div class="page">
      <Bar page="demo" />
      <main>
        {phone && camera ? (
          <Room phone={phone} state={state} camera={camera} mistake={mistake} invitedBy={invitedBy} />
        ) : (
          <Lobby invited={invitedBy !== undefined} onJoin={join} mistake={mistake} />
        )}
      </main>
    </div>
  );
}

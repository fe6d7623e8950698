import { useState } from "preact/hooks";
import { Icon, type IconName } from "../ui/Icon.tsx";

interface Props {
  stream: MediaStream;
  /** Undefined while there is no call. */
  onHangUp: (() => void) | undefined;
}

/** Buttons for microphone, camera and hang-up. */
export function Dock({ stream, onHangUp }: Props) {
  return (
    <div class="dock" role="toolbar" aria-label="Call">
      <Switch tracks={stream.getAudioTracks()} name="Mute" icons={["microphone", "muted"]} />
      <Switch tracks={stream.getVideoTracks()} name="Camera off" icons={["camera", "dark"]} />
      {onHangUp && (
        <button class="hang-up" type="button" onClick={onHangUp}>
          <Icon name="hangUp" />
          <span>Hang up</span>
        </button>
      )}
    </div>
  );
}

interface SwitchProps {
  tracks: MediaStreamTrack[];
  name: string;
  icons: readonly [on: IconName, off: IconName];
}

/** A toggle button: its label does not change, `aria-pressed` shows its state. */
function Switch({ tracks, name, icons }: SwitchProps) {
  const [off, setOff] = useState(false);
  if (tracks.length === 0) return null;
  function toggle() {
    for (const track of tracks) track.enabled = off;
    setOff(!off);
  }
  return (
    <button type="button" aria-pressed={off} onClick={toggle}>
      <Icon name={icons[off ? 1 : 0]} />
      <span>{name}</span>
    </button>
  );
}

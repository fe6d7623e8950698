import { useState } from "preact/hooks";
import { Icon, type IconName } from "../ui/Icon.tsx";

interface Props {
  stream: MediaStream;
  /** Undefined while there is nobody to hang up on. */
  onHangUp: (() => void) | undefined;
}

/** Microphone, camera, and the way out. */
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

/** Its name stays the same; whether it is pressed says how things are. */
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

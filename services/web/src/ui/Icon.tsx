/** SVG paths on a 24×24 grid, drawn for this project. */
const SHAPES = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  stop: "M7 7h10v10H7z",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  back: "M14.5 5.5L8 12l6.5 6.5",
  expand: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
  sound: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  silence: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  microphone:
    "M12 3.5a2.8 2.8 0 0 1 2.8 2.8v5a2.8 2.8 0 0 1-5.6 0v-5A2.8 2.8 0 0 1 12 3.5zM6 11a6 6 0 0 0 12 0M12 17v3.5",
  muted:
    "M9.2 9v2.3a2.8 2.8 0 0 0 4.5 2.2M14.8 11V6.3a2.8 2.8 0 0 0-5.3-1.2M6 11a6 6 0 0 0 9 5.2M18 11a6 6 0 0 1-.7 2.8M12 17v3.5M4 4l16 16",
  camera: "M4 7.5h10.5v9H4zM14.5 11l5.5-3v8l-5.5-3",
  dark: "M8 7.5h6.5V14M14.5 16.5H4v-9h1M14.5 11l5.5-3v8l-3.5-1.9M4 4l16 16",
  hangUp: "M3.5 13.5c4.7-4.7 12.3-4.7 17 0l-2.4 2.4-3-1.6v-2.4c-2-.7-4.2-.7-6.2 0v2.4l-3 1.6z",
  call: "M6.5 4l3 .8.8 3.7-2 1.7a12.5 12.5 0 0 0 5.5 5.5l1.7-2 3.7.8.8 3a16 16 0 0 1-13.5-13.5z",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  done: "M5 12.5l4.5 4.5L19 7.5",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5",
  warning: "M12 4.5l8.5 15h-17zM12 10v4.5M12 17v.2",
} as const;

export type IconName = keyof typeof SHAPES;

/** Decorative only: the element that contains it has a text label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}

import type { Cast, Role, Take } from "./cast.ts";
import { type FilmForm, hasPicture } from "./filmForm.ts";
import { fittedName } from "./fittedName.ts";
import { type Layout, layOut, TILES_LIMIT, type Tile } from "./layout.ts";

/** A name, in the middle of its strip. */
export interface Caption extends Tile {
  text: string;
  /** Of the letters, in pixels. */
  fontSize: number;
}

/** An ffmpeg filter graph within the characters that the compose script accepts. */
export interface FilterGraph {
  text: string;
  /** In the order of ffmpeg's inputs. */
  inputs: Take[];
  /** Names under the pictures. The script writes them into the file that the graph refers to. */
  captions: Caption[];
  picture: { width: number; height: number } | undefined;
  hasSound: boolean;
}

const BACKGROUND = "0x101216";
const EMPTY_TILE = "0x1c2026";
const SAMPLE_RATE = 48_000;
/** Draws names with libass, which takes each letter from a font that has it. */
const DRAW_CAPTIONS = "ass=filename=/tmp/captions.ass:shaping=complex";
const FONT_SHARE = 0.6; // of the height of the name strip
const LEAST_FONT = 8; // pixels; smaller text is not readable

/** Combines everybody's video and audio at the right times. A pure function; the text contains no user input. */
export function filterGraph(cast: Cast, form: FilmForm): FilterGraph {
  const inputs = cast.roles.flatMap(({ takes }) => takes);
  const indexOf = (take: Take) => inputs.indexOf(take);
  const withPicture = hasPicture(form.format) && inputs.some(({ hasVideo }) => hasVideo);
  const shown = cast.roles.slice(0, TILES_LIMIT);
  const wanted = form.names ? shown.map(({ name }) => name) : [];
  const layout = layOut(shown.length, wanted.some(Boolean), form);
  const captions = withPicture ? captionsOf(wanted, layout) : [];
  const sound = soundChains(cast, form, indexOf);
  const picture = withPicture ? pictureChains(shown, captions.length > 0, layout, form, indexOf) : [];
  const chains = [...picture, ...sound];
  return {
    text: chains.join(";"),
    inputs,
    captions,
    picture: withPicture ? { width: layout.width, height: layout.height } : undefined,
    hasSound: sound.length > 0,
  };
}

/** A background at the film's frame rate, with each participant's video overlaid on it. */
function pictureChains(
  roles: readonly Role[],
  hasCaptions: boolean,
  layout: Layout,
  { frameRate }: FilmForm,
  indexOf: (take: Take) => number,
): string[] {
  const chains = [`${background(hasCaptions, layout, frameRate)}[canvas0]`];
  let count = 0;
  roles.forEach(({ takes }, seat) => {
    const tile = layout.tiles[seat];
    if (!tile) return;
    for (const take of takes.filter(({ hasVideo }) => hasVideo)) {
      const fit = `scale=w=${tile.width}:h=${tile.height}:force_original_aspect_ratio=decrease:eval=frame:flags=bilinear`;
      // overlay uses the background's time base, so a picture's time is rounded to the nearest frame of it.
      const shift = take.offsetSeconds.toFixed(6);
      chains.push(`[${indexOf(take)}:v]${fit},setsar=1,format=yuv420p,setpts=PTS+${shift}/TB[picture${count}]`);
      const at = `x=${tile.x}+(${tile.width}-w)/2:y=${tile.y}+(${tile.height}-h)/2`;
      // A video may change its size at any time, so its position is evaluated for each frame.
      chains.push(`[canvas${count}][picture${count}]overlay=${at}:eval=frame:eof_action=pass[canvas${count + 1}]`);
      count += 1;
    }
  });
  return [...chains, `[canvas${count}]format=yuv420p[video]`];
}

function captionsOf(names: readonly (string | undefined)[], { tiles, nameHeight }: Layout): Caption[] {
  const fontSize = Math.max(LEAST_FONT, Math.round(nameHeight * FONT_SHARE));
  return names.flatMap((name, seat) => {
    const tile = tiles[seat];
    if (name === undefined || !tile) return [];
    const text = fittedName(name, tile.width, fontSize);
    return [{ text, fontSize, x: tile.x, y: tile.y + tile.height, width: tile.width, height: nameHeight }];
  });
}

/** Drawn once and then looped. */
function background(hasCaptions: boolean, layout: Layout, frameRate: number): string {
  const boxes = layout.tiles.map(
    ({ x, y, width, height }) => `drawbox=x=${x}:y=${y}:w=${width}:h=${height}:color=${EMPTY_TILE}:t=fill`,
  );
  return [
    `color=c=${BACKGROUND}:s=${layout.width}x${layout.height}:r=${frameRate}`,
    "trim=end_frame=1",
    ...boxes,
    ...(hasCaptions ? [DRAW_CAPTIONS] : []),
    "format=yuv420p",
    "loop=loop=-1:size=1",
    `settb=1/${frameRate}`,
    "setpts=N",
  ].join(",");
}

/** Mixes everybody at their original volume; a limiter prevents clipping. */
function soundChains(cast: Cast, { audio }: FilmForm, indexOf: (take: Take) => number): string[] {
  const voices = cast.roles.flatMap(({ takes }, seat) =>
    takes.filter(({ hasAudio }) => hasAudio).map((take) => ({ take, seat })),
  );
  if (voices.length === 0) return [];
  const chains = voices.map(({ take, seat }, index) => {
    const delay = Math.round(take.offsetSeconds * SAMPLE_RATE);
    const side = audio === "split" ? [`pan=stereo|c${seat % 2}=0.5*c0+0.5*c1`] : [];
    return [
      `[${indexOf(take)}:a]aresample=${SAMPLE_RATE}:async=1000:first_pts=0`,
      `aformat=sample_fmts=fltp:channel_layouts=stereo`,
      ...side,
      ...(delay > 0 ? [`adelay=delays=${delay}S:all=1`] : []),
      `asetpts=N[voice${index}]`,
    ].join(",");
  });
  const all = voices.map((_, index) => `[voice${index}]`).join("");
  const mix = `amix=inputs=${voices.length}:normalize=0:duration=longest:dropout_transition=0`;
  const limit = "alimiter=limit=0.95:level=0:attack=5:release=50:latency=1";
  return [...chains, `${all}${mix},${limit},apad=whole_dur=${cast.durationSeconds.toFixed(3)}[sound]`];
}

import type { CallId } from "../../ids.ts";
import type { Cast } from "./cast.ts";
import type { FilmForm } from "./filmForm.ts";
import type { FilterGraph } from "./filterGraph.ts";

/** Bits for each pixel of each frame. Low, because video calls have little motion. */
const BITS_PER_PIXEL = 0.09;
const LEAST_KBPS = 150;

/** The lines that the compose script reads (services/transcoder/compose). No value contains a line break. */
export function planLines({
  form,
  cast,
  graph,
  callId,
  folder,
}: {
  form: FilmForm;
  cast: Cast;
  graph: FilterGraph;
  callId: CallId;
  folder: string;
}): string[] {
  const { picture } = graph;
  const kbps = picture && (picture.width * picture.height * form.frameRate * BITS_PER_PIXEL) / 1000;
  return [
    `format=${form.format}`,
    `seconds=${cast.durationSeconds.toFixed(3)}`,
    ...(kbps === undefined ? [] : [`video=${form.videoCodec}`, `kbps=${Math.round(Math.max(LEAST_KBPS, kbps))}`]),
    ...(picture ? [`picture=${picture.width}x${picture.height}`, `rate=${form.frameRate}`] : []),
    ...(graph.hasSound ? ["sound=yes"] : []),
    ...graph.inputs.map(({ file }) => `input=${folder}/${file}`),
    ...graph.captions.map(
      ({ x, y, width, height, fontSize, text }) => `caption=${[x, y, width, height, fontSize].join()} ${text}`,
    ),
    `date=${cast.startedAt.toISOString()}`,
    `call_id=${callId}`,
    `graph=${graph.text}`,
  ];
}

import { expect, test } from "vitest";
import { FilmConfiguration, filmFormOf } from "./filmForm.ts";

const configured = (values: object) => FilmConfiguration.parse({ enabled: true, ...values });

test("no film is made unless it is enabled", () => {
  expect(filmFormOf(FilmConfiguration.parse({}), [])).toBeUndefined();
  expect(filmFormOf(configured({}), [])).toMatchObject({ format: "webm", layout: "auto", audio: "mixed" });
});

test("callers can choose only if the configuration allows it, and only within its limits", () => {
  const metadata = [{ name: "Ada" }, { film: { format: "mp4", tileWidth: 1280, layout: "column" } }];
  expect(filmFormOf(configured({}), metadata)).toMatchObject({ format: "webm", layout: "auto" });
  const chosen = filmFormOf(configured({ callersChoose: true }), metadata);
  expect(chosen).toMatchObject({ format: "mp4", layout: "column", audio: "mixed", tileWidth: 640 });
  expect(filmFormOf(configured({ callersChoose: true }), [{ film: false }])).toBeUndefined();
});

test("callers can choose only the settings that the configuration lists", () => {
  const film = { format: "mp4", layout: "column", audio: "split", tileWidth: 320, tileHeight: 180 };
  const chosen = filmFormOf(configured({ callersChoose: ["layout", "size"] }), [{ film }]);
  expect(chosen).toMatchObject({ format: "webm", layout: "column", audio: "mixed", tileWidth: 320, tileHeight: 180 });
  expect(filmFormOf(configured({ callersChoose: ["format"] }), [{ film: false }])).toMatchObject({ format: "webm" });
  expect(filmFormOf(configured({ callersChoose: ["none"] }), [{ film: false }])).toBeUndefined();
});

test.each([
  [{ tileWidth: 1280, tileHeight: 720 }, 640, 360],
  [{ tileWidth: 321.7 }, 320, 360],
  [{ tileWidth: -5, tileHeight: 0 }, 160, 90],
])("with 640 x 360 configured, choosing %j gives tiles of %i x %i", (film, tileWidth, tileHeight) => {
  expect(filmFormOf(configured({ callersChoose: true }), [{ film }])).toMatchObject({ tileWidth, tileHeight });
});

test.each([{ film: { format: "exe" } }, { film: true }, { film: "mp4" }, null, 5, "film"])(
  "metadata %j has no effect",
  (one) => {
    expect(filmFormOf(configured({ callersChoose: true }), [one])).toMatchObject({ format: "webm" });
  },
);

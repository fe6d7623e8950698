import { unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import { z } from "zod";
import { isCallId } from "../../ids.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const DIGITS = /^[0-9]+$/;

/** How many entries of a list are wanted: decimal digits, 1 to 100; 20 by default, and if the parameter is empty. */
export const Limit = unlessEmpty(
  z.preprocess(
    (text) => (typeof text === "string" && DIGITS.test(text) ? Number(text) : text),
    z
      .int({ error: `must be a whole number from 1 to ${MAX_LIMIT}` })
      .min(1)
      .max(MAX_LIMIT)
      .default(DEFAULT_LIMIT),
  ),
);

/** Only entries of this call; all by default. */
export const OfCall = unlessEmpty(z.string().refine(isCallId, "is not a call id").optional());

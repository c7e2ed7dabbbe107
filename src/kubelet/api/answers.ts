/** Answers of the node API. */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { HttpResponse } from "../../base/http.ts";

export const text = (status: number, message: string, contentType = "text/plain; charset=utf-8"): HttpResponse => ({
  status,
  headers: { "content-type": contentType },
  body: encodeUtf8(message),
});

export const json = (value: unknown): HttpResponse => text(200, JSON.stringify(value), "application/json");

export const pageNotFound = (): HttpResponse => text(404, "404 page not found\n");

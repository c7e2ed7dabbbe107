/** apiregistration.k8s.io/v1 APIService. */
import type * as generated from "../generated/apiregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type APIService = generated.APIService;

const strategy: Strategy<APIService> = {};

export const APIService: Resource<APIService> = resource({ group: "apiregistration.k8s.io", resource: "apiservices" }, strategy);

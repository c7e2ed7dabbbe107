/** The public face of the library. */
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./cluster/control-plane.ts";

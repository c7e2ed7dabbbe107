/**
 * DefaultIngressClass: an Ingress that names no class gets the default one.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultingressclass
 */
import { Ingress } from "../../../api/networking/ingress.ts";
import { IngressClass } from "../../../api/networking/ingress-class.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { newestDefault } from "./newest-default.ts";

const IS_DEFAULT = ["ingressclass.kubernetes.io/is-default-class"];
const OLD_CLASS = "kubernetes.io/ingress.class";

export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  handles: (operation, row, subresource) => row === Ingress && operation === "CREATE" && subresource === "",
  mutate({ object }, { reader }) {
    const ingress = object as Ingress;
    if (ingress.spec?.ingressClassName != null || ingress.metadata.annotations?.[OLD_CLASS] !== undefined) return;
    const name = newestDefault(reader.list(IngressClass), IS_DEFAULT);
    if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
  },
};

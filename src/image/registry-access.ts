/** Where images go and come from. `address` is the same for us and for the kubelet. */
export interface RegistryAccess {
  /** `host:port`, without a scheme or trailing slash. */
  address: string;
  /** Plain HTTP (the embedded cluster's registry) or TLS. */
  scheme: 'http' | 'https';
  /** PEM of a private CA, or null for the system's. */
  ca: string | null;
  /** Path of a docker config file with credentials, or null. */
  dockerConfigPath: string | null;
}

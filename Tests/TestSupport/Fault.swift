package import PellucidFaults

/// The error that a body throws.
package func fault(_ body: () throws -> Void) -> PellucidError? {
  do { try body() } catch { return error as? PellucidError }
  return nil
}

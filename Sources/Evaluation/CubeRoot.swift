#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The cube root of the C library.
enum CubeRoot {
  static func of(_ x: Double) -> Double { cbrt(x) }
}

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// eˣ of the C library.
func exponential(_ x: Double) -> Double { exp(x) }

/// The cosine of the C library.
func cosine(_ x: Double) -> Double { cos(x) }

/// The natural logarithm of the C library.
func logarithm(_ x: Double) -> Double { log(x) }

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

// Functions of the C library, for the whole room.

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func cosine(_ x: Double) -> Double { cos(x) }
func sine(_ x: Double) -> Double { sin(x) }
func cubeRoot(_ x: Double) -> Double { cbrt(x) }
func raise(_ x: Double, _ power: Double) -> Double { pow(x, power) }

/// Rewrites an array of voxels line by line along one axis, in double precision.
///
/// Lines come in blocks of up to 32 neighbours, so that walking along a slow axis reads whole cache lines.
/// - Parameters:
///   - values: a multiple of `shape.count` numbers, i fastest, channels outermost.
///   - shape: the grid.
///   - axis: 0…2.
///   - work: changes a block of `count` places × `width` lines; the number at place p of line l is `block[p * width + l]`.
func rewriteLines(
  of values: inout [Float], shape: GridShape, axis: Int, work: (_ block: inout [Double], _ width: Int) -> Void
) {
  let count = shape.extents[axis]
  guard count > 1, shape.count > 0 else { return }
  let inner = shape.extents[..<axis].reduce(1, *)
  let lines = values.count / count
  var first = 0
  while first < lines {
    let width = min(32, lines - first)
    var block = [Double](repeating: 0, count: count * width)
    for line in 0..<width {
      let start = (first + line) / inner * inner * count + (first + line) % inner
      for place in 0..<count { block[place * width + line] = Double(values[start + place * inner]) }
    }
    work(&block, width)
    for line in 0..<width {
      let start = (first + line) / inner * inner * count + (first + line) % inner
      for place in 0..<count { values[start + place * inner] = Float(block[place * width + line]) }
    }
    first += width
  }
}

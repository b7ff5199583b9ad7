/// The progress of one part of a longer work.
struct PartProgress: ProgressObserver {
  let whole: any ProgressObserver
  /// Pieces done before this part.
  let before: Int
  /// Pieces of the whole.
  let total: Int

  var isCancelled: Bool { whole.isCancelled }

  func advanced(to done: Int, of _: Int) { whole.advanced(to: before + done, of: total) }
}

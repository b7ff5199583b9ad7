import Foundation
import PellucidStatistics
import Testing

/// What scikit-learn and numpy compute of the same numbers: `Tests/References/make_linear.py`.
@Suite struct `Linear models of many numbers` {
  private static func reference(_ name: String) throws -> Reference {
    try Reference(name, file: "linear.json")
  }

  private static func rows(_ name: String = "rows") throws -> SymmetricMatrix.Rows {
    SymmetricMatrix.Rows(try reference("rows").rows(name).map { $0.map { Float($0) } })
  }

  @Test(arguments: [("components", 24), ("wide", 6)])
  func `principal components are scikit-learn's`(name: String, count: Int) throws {
    let rows = try Self.rows().picked(Array(0..<count))
    let found = try #require(PrincipalComponents(of: rows, count: 3))
    let expected = try Self.reference(name)
    for (own, other) in zip(found.components, try expected.rows("components")) {
      #expect(zip(own, other).allSatisfy { abs($0 - $1) < 1e-9 })
    }
    for (own, other) in zip(found.coordinates, try expected.rows("coordinates")) {
      #expect(zip(own, other).allSatisfy { abs($0 - $1) < 1e-9 })
    }
    for (own, other) in zip(found.variances, try expected.numbers("variances")) { #expect(isNear(own, other, 1e-10)) }
    for (own, other) in zip(found.shares, try expected.numbers("shares")) { #expect(isNear(own, other, 1e-10)) }
  }

  @Test func `rows that do not vary have no components`() {
    #expect(PrincipalComponents(of: .init([[1, 2], [1, 2], [1, 2]]), count: 2) == nil)
  }

  @Test func `logistic regression is scikit-learn's, also of classes that a line parts`() throws {
    let rows = try Self.rows()
    let gram = SymmetricMatrix(gramOf: rows, centred: false)
    for expected in try Reference.cases("logistic", file: "linear.json") {
      let labels = try expected.numbers("labels").map { $0 == 1 }
      let c = try expected.number("c")
      let fit = try #require(LogisticRegression(gram: gram, isPositive: labels, c: c))
      let w = rows.sum(weighted: fit.weights, centred: false)
      let (slopes, intercept) = (try expected.numbers("w"), try expected.number("b"))
      let size = slopes.map(abs).max() ?? 0
      #expect(zip(w, slopes).allSatisfy { abs($0 - $1) < 1e-6 * size }, "\(c): \(w), wanted \(slopes)")
      #expect(abs(fit.intercept - intercept) < 1e-6 * max(1, abs(intercept)))
    }
  }

  @Test func `ridge regression is scikit-learn's`() throws {
    let rows = try Self.rows()
    let gram = SymmetricMatrix(gramOf: rows, centred: false)
    for expected in try Reference.cases("ridge", file: "linear.json") {
      let fit = try #require(
        KernelRidge(gram: gram, try expected.numbers("y"), penalty: try expected.number("penalty")))
      let w = rows.sum(weighted: fit.weights, centred: false)
      #expect(zip(w, try expected.numbers("w")).allSatisfy { abs($0 - $1) < 1e-8 })
      #expect(isNear(fit.intercept, try expected.number("b"), 1e-8))
    }
  }

  @Test func `kernel alignment is numpy's, and does not see a rotation`() throws {
    let (a, b) = (try Self.rows(), try Self.rows("others"))
    let (k, l) = (SymmetricMatrix(gramOf: a, centred: false), SymmetricMatrix(gramOf: b, centred: false))
    let expected = try Self.reference("alignment")
    #expect(isNear(KernelAlignment.linear(k, l), try expected.number("linear"), 1e-10))
    #expect(isNear(KernelAlignment.unbiased(k, l), try expected.number("unbiased"), 1e-9))
    let (c, s): (Float, Float) = (0.6, 0.8)
    let turned = SymmetricMatrix.Rows(
      (0..<a.count).map { row in
        var own = Array(a[row])
        (own[0], own[1]) = (c * own[0] - s * own[1], s * own[0] + c * own[1])
        return own
      })
    let rotated = SymmetricMatrix(gramOf: turned, centred: true)
    #expect(isNear(KernelAlignment.linear(k, rotated), 1, 1e-6))
  }

  @Test func `a Gaussian process is scikit-learn's`() throws {
    let reference = try Self.reference("process")
    let (x, y, asked) = (try reference.rows("x"), try reference.numbers("y"), try reference.rows("asked"))
    let kernel = GaussianProcess.Kernel(variance: 0.7, lengths: [0.4, 1.5], slopes: [0.3, 0.3], noise: 0.1)
    let fixed = try #require(GaussianProcess(x, y, kernel: kernel))
    let expected = try reference.inner("fixed")
    #expect(isNear(fixed.logLikelihood, try expected.number("likelihood"), 1e-8))
    for (place, mean) in try expected.numbers("mean").enumerated() {
      #expect(isNear(fixed.predicted(at: asked[place]).mean, mean, 1e-8))
      #expect(isNear(fixed.predicted(at: asked[place]).deviation, try expected.numbers("deviation")[place], 1e-8))
    }
  }

  @Test func `what a process expects of a subject from the others is scikit-learn's without that subject`() throws {
    let reference = try Self.reference("process")
    let kernel = GaussianProcess.Kernel(variance: 0.7, lengths: [0.4, 1.5], slopes: [0.3, 0.3], noise: 0.1)
    let fixed = try #require(GaussianProcess(try reference.rows("x"), try reference.numbers("y"), kernel: kernel))
    for (own, other) in zip(fixed.leftOut, try reference.inner("fixed").numbers("left_out")) {
      #expect(abs(own - other) < 1e-8)
    }
  }

  @Test func `hyperparameters are at least as likely as scikit-learn's`() throws {
    let reference = try Self.reference("process")
    let free = try #require(GaussianProcess(try reference.rows("x").map { [$0[0]] }, try reference.numbers("y")))
    let expected = try reference.inner("free")
    let wanted = try expected.number("likelihood")
    #expect(free.logLikelihood > wanted - 1e-6, "\(free.logLikelihood), scikit-learn \(wanted)")
    let asked = try reference.rows("asked")
    // Where the likelihood is flat, 1e-6 of it leaves the mean room of about a thousandth of the noise.
    let noise = try expected.number("noise")
    for (place, mean) in try expected.numbers("mean").enumerated() {
      #expect(abs(free.predicted(at: [asked[place][0]]).mean - mean) < 0.01 * noise)
    }
    #expect(isNear(free.noise, noise, 0.01))
  }

  @Test func `a probe finds what the numbers know, and not what they do not`() throws {
    var numbers = RandomNumbers(seed: 3)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double(numbers.next() >> 11) / 0x1p53 } }
    let y = (0..<60).map { _ in normal() }
    let rows = SymmetricMatrix.Rows(
      y.map { value in [Float(value + 0.3 * normal()), Float(normal()), 7] + (0..<5).map { _ in Float(normal()) } })
    let folds = LinearProbe.Folds(5, classes: y.map { _ in 0 }, seed: 1)
    let known = try #require(LinearProbe.numbers(y, of: rows, folds: folds))
    #expect(known.score > 0.7)
    let other = try #require(LinearProbe.numbers(y.map { _ in normal() }, of: rows, folds: folds))
    #expect(other.score < 0.15)
    let classes = y.map { $0 > 0 ? 1 : 0 }
    let parted = try #require(
      LinearProbe.classes(classes, of: rows, folds: LinearProbe.Folds(5, classes: classes, seed: 1)))
    #expect(parted.score > 0.8 && parted.auc ?? 0 > 0.9)
    let shuffled = numbers.permutation(60).map { classes[$0] }
    let lost = try #require(
      LinearProbe.classes(shuffled, of: rows, folds: LinearProbe.Folds(5, classes: shuffled, seed: 1)))
    #expect(lost.score < 0.7)
  }

  @Test func `folds hold every class alike`() {
    let classes = (0..<40).map { $0 < 10 ? 1 : 0 }
    let folds = LinearProbe.Folds(5, classes: classes, seed: 0)
    for fold in 0..<5 {
      #expect(classes.indices.count { folds.places[$0] == fold && classes[$0] == 1 } == 2)
    }
  }
}

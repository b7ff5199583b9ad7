import PellucidFaults
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidOnnxSchema
import SwiftProtobuf
import Testing

@Suite struct `Graphs` {
  private func refusal(_ change: (inout OnnxModelProto) -> Void) -> String {
    var model = OnnxModelProto.relu
    change(&model)
    return failure { _ = try model.read() }?.line ?? "nothing was refused"
  }

  @Test func `are brought into an order that can run`() throws {
    var proto = OnnxModelProto.relu
    proto.graph.node = [
      .of("Add", ["a", "b"], ["y"], name: "last"), .of("Relu", ["a"], ["b"], name: "second"),
      .of("Neg", ["x"], ["a"], name: "first"),
    ]
    #expect(try proto.read().graph.nodes.map(\.name) == ["first", "second", "last"])
  }

  @Test func `keep the file's order where it can run`() throws {
    var proto = OnnxModelProto.relu
    proto.graph.node = [.of("Neg", ["x"], ["b"]), .of("Relu", ["x"], ["a"]), .of("Add", ["a", "b"], ["y"])]
    #expect(try proto.read().graph.nodes.map(\.operation) == ["Neg", "Relu", "Add"])
  }

  @Test func `name their unnamed nodes after operator and place`() throws {
    var proto = OnnxModelProto.relu
    proto.graph.node = [
      .of("Relu", ["x"], ["a"], name: "n"), .of("Relu", ["a"], ["b"]), .of("Relu", ["b"], ["c"], name: "n"),
      .of("Relu", ["c"], ["y"], name: "Relu_1"),
    ]
    #expect(try proto.read().graph.nodes.map(\.name) == ["n", "Relu_1_", "Relu_2", "Relu_1"])
  }

  @Test func `of IR version 3 count initializers as no inputs`() throws {
    var proto = try OnnxModelProto(serializedBytes: fixtureBytes("old_conv3d.onnx"))
    proto.opsetImport[0].version = 7
    #expect(proto.graph.input.count == 3)
    let graph = try proto.read().graph
    #expect(graph.inputs.map(\.name) == ["0"])
    #expect(graph.initializers.keys.sorted() == ["1", "2"])
  }

  @Test func `may hold graphs that take tensors from outside`() throws {
    var proto = OnnxModelProto.relu
    let branch = OnnxAttributeProto.with {
      $0.name = "then_branch"
      $0.type = 5
      $0.g.node = [.of("Neg", ["a"], ["inner"])]
      $0.g.output = [.volume("inner")]
    }
    proto.graph.node = [.of("If", ["x"], ["y"], name: "choice"), .of("Relu", ["x"], ["a"], name: "before")]
    proto.graph.node[0].attribute = [branch]
    let read = try proto.read()
    #expect(read.graph.nodes.map(\.name) == ["before", "choice"])
    #expect(try read.graph.nodes[1].graph("then_branch")?.nodes.count == 1)
    proto.graph.node.removeLast()
    #expect(failure { _ = try proto.read() }?.line.contains("node choice: the input a comes from nowhere") == true)
  }

  @Test func `with faults are refused, naming what is at fault`() {
    #expect(refusal { $0.graph.node[0].input = ["z"] }.hasPrefix("m.onnx, node Relu_0: the input z comes from nowhere"))
    #expect(
      refusal {
        $0.graph.node = [
          .of("A", ["c"], ["b"], name: "p"), .of("B", ["b"], ["c"], name: "q"), .of("Relu", ["x"], ["y"]),
        ]
      }
      .hasPrefix("m.onnx: nodes need each other's results in a circle: p, q"))
    #expect(refusal { $0.graph.node[0].input = ["y"] }.contains("in a circle: Relu_0"))
    #expect(
      refusal { $0.graph.node.append(.of("Neg", ["x"], ["y"])) }.contains(
        "tensor y: the tensor is made twice: by node Relu_0"))
    #expect(refusal { $0.graph.node[0].output = ["x"] }.contains("made twice: by a graph input and by node Relu_0"))
    #expect(refusal { $0.graph.output[0].name = "q" }.contains("output q: no node makes this output"))
    #expect(refusal { $0.graph.output = [] }.contains("the model has no output"))
    #expect(refusal { $0.graph.input.append(.volume("x")) }.contains("made twice"))
    #expect(refusal { $0.graph.node = [] }.contains("the file holds no network"))
    #expect(refusal { $0.clearGraph() }.contains("the file holds no network"))
    #expect(refusal { $0.opsetImport = [] }.contains("which version of ONNX's operator set"))
    #expect(refusal { $0.opsetImport[0].version = 6 }.contains("uses operator set 6: operator sets from 7 on are read"))
    #expect(
      refusal { $0.graph.sparseInitializer = [.with { $0.values.name = "s" }] }.contains("tensor s: sparse weights"))
    #expect(
      refusal { $0.graph.initializer = [.raw("w", type: 2, [], [1]), .raw("w", type: 2, [], [1])] }.contains(
        "made twice"))
  }

  @Test func `in a long chain or circle need no deep stack`() throws {
    var proto = OnnxModelProto.relu
    let last = 200_000
    proto.graph.node = (0..<last).reversed().map { .of("Relu", [$0 == 0 ? "x" : "t\($0)"], ["t\($0 + 1)"]) }
    proto.graph.output[0].name = "t\(last)"
    #expect(try proto.read().graph.nodes.count == last)
    proto.graph.node[last - 1].input = ["t\(last)"]
    #expect(failure { _ = try proto.read() }?.line.contains("(200000 in all)") == true)
  }

  @Test func `tell which input takes the image`() throws {
    var proto = OnnxModelProto.relu
    proto.graph.input.insert(.tensor("age", [1, 1]), at: 0)
    #expect(try proto.read().imageInput().name == "x")
    proto.graph.input[1] = .tensor("x", [1, 3])
    let error = failure { _ = try proto.read().imageInput() }
    #expect(error?.line.contains("its inputs are age: float [1, 1]; x: float [1, 3]") == true)
  }

  @Test func `have their functions replaced by what they do`() throws {
    let graph = try OnnxModel(contentsOf: fixture("functions.onnx")).graph
    #expect(graph.nodes.map(\.operation) == ["Constant", "Mul", "Constant", "Mul", "Add"])
    #expect(try graph.nodes[0].float("value_float") == 3)
    #expect(try graph.nodes[2].float("value_float") == 2)
    #expect(graph.nodes[1].inputs == ["x", "first/c"])
    #expect(graph.nodes[1].name == "first/product")
    #expect(graph.nodes[4].inputs.last == "m")
    #expect(graph.nodes[4].outputs == ["y"])
  }

  @Test func `whose functions never end are refused`() {
    let words = refusal {
      $0.graph.node = [.of("F", ["x"], ["y"])]
      $0.functions = [
        .with {
          $0.name = "F"; $0.input = ["a"]; $0.output = ["b"]; $0.node = [.of("F", ["a"], ["b"])]
        }
      ]
    }
    #expect(words.contains("function F: the model's functions call themselves"))
    let bomb = refusal {
      $0.graph.node = [.of("F0", ["x"], ["y"])]
      $0.functions = (0..<40).map { level in
        .with {
          $0.name = "F\(level)"
          $0.input = ["a"]
          $0.output = ["b"]
          $0.node = [.of("F\(level + 1)", ["a"], ["c"]), .of("F\(level + 1)", ["c"], ["b"])]
        }
      }
    }
    #expect(bomb.contains("node F") && bomb.contains("far more nodes than the file has"), "\(bomb)")
  }

  /// A function a level: each calls the next as `body` says.
  private func levels(_ count: Int, _ body: (_ next: String) -> [OnnxNodeProto]) -> String {
    refusal {
      $0.graph.node = [.of("Relu", ["x"], ["y"]), .of("F0", ["y"], [])]
      $0.functions = (0..<count).map { level in
        .with {
          $0.name = "F\(level)"
          $0.input = ["a"]
          $0.node = level == count - 1 ? [] : body("F\(level + 1)")
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `whose functions double without making a node are refused in a moment`() {
    let words = levels(41) { [.of($0, ["a"], []), .of($0, ["a"], [])] }
    #expect(words.contains("far more nodes than the file has"), "\(words)")
    let branches = levels(41) { next in
      [
        .with {
          $0.opType = "If"
          $0.input = ["a"]
          $0.attribute = ["then_branch", "else_branch"].map { name in
            .with {
              $0.name = name
              $0.type = 5
              $0.g.node = [.of(next, ["a"], [])]
            }
          }
        }
      ]
    }
    #expect(branches.contains("nested too deep") || branches.contains("far more nodes"), "\(branches)")
  }

  @Test(arguments: [100, 10_000])
  func `whose functions are nested too deep are refused, and do not fill the stack`(depth: Int) {
    let words = levels(depth) { [.of($0, ["a"], [])] }
    #expect(words.contains("nested too deep") && words.contains("more than 64"), "\(words)")
  }

  @Test func `whose functions repeat a large constant are refused before the memory is full`() {
    let words = refusal {
      $0.graph.node = [.of("Relu", ["x"], ["y"])] + (0..<1000).map { .of("F", [], ["k\($0)"], name: "call\($0)") }
      $0.functions = [
        .with {
          $0.name = "F"
          $0.output = ["b"]
          $0.node = [
            .with {
              $0.opType = "Constant"
              $0.output = ["b"]
              $0.attribute = [
                .with {
                  $0.name = "value"
                  $0.type = 4
                  $0.t = .with {
                    $0.dataType = 1
                    $0.dims = [1 << 18]
                    $0.floatData = Array(repeating: 0, count: 1 << 18)
                  }
                }
              ]
            }
          ]
        }
      ]
    }
    #expect(words.contains("far more memory than its file"), "\(words)")
  }
}

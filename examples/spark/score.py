"""Scores a folder of aligned faces with a classifier that `mpa-fer export` wrote, on an Apache Spark cluster.

    spark-submit score.py --model expressions.onnx --faces FOLDER --out answers --master local-cluster[2,1,1024]

Writes Parquet: path, label, score, and one probability a class. A picture that cannot be read has an error instead.
"""

import argparse
import io
import json
import time

import numpy as np
import onnxruntime
from PIL import Image
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql.types import FloatType, StringType, StructField, StructType

BATCH = 64


def model(name: str):
    """The session, its classes and its preprocessing: opened once for each of Spark's tasks."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # Spark has a task for each core
    session = onnxruntime.InferenceSession(SparkFiles.get(name), options, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    return session, json.loads(metadata["classes"]), json.loads(metadata["preprocess"])


def pixels(content: bytes, settings: dict) -> np.ndarray:
    """One picture as [3, S, S], as CLIP's image processor makes it: shorter side to S, the middle cut out, normalised."""
    side = settings["crop_size"]["height"]
    image = Image.open(io.BytesIO(content)).convert("RGB")
    if image.size != (side, side):
        scale = settings["size"]["shortest_edge"] / min(image.size)
        image = image.resize([max(side, int(scale * length)) for length in image.size], Image.Resampling.BICUBIC)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    values = np.asarray(image, np.float32) * settings["rescale_factor"]
    return ((values - settings["image_mean"]) / settings["image_std"]).astype(np.float32).transpose(2, 0, 1)


def score(rows, name: str):
    """Answers of one partition's pictures."""
    session, classes, settings = model(name)
    batch = []
    for row in rows:
        try:
            batch.append((row.path, pixels(row.content, settings)))
        except Exception as error:  # an unreadable picture is no reason to lose the others
            yield (row.path, None, None, str(error), *[None] * len(classes))
        if len(batch) == BATCH:
            yield from answers(session, classes, batch)
            batch = []
    if batch:
        yield from answers(session, classes, batch)


def answers(session, classes, batch):
    probabilities = session.run(["probabilities"], {"pixel_values": np.stack([faces for _, faces in batch])})[0]
    for (path, _), row in zip(batch, probabilities):
        best = int(row.argmax())
        yield (path, classes[best], float(row[best]), None, *map(float, row))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--faces", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--master", help="where it runs, if spark-submit does not say")
    flags = parser.parse_args()

    builder = SparkSession.builder.appName("mpa-fer")
    # Small files: many of them make a task.
    builder = builder.config("spark.sql.files.openCostInBytes", 16384)
    spark = (builder.master(flags.master) if flags.master else builder).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    spark.sparkContext.addFile(flags.model)
    name = flags.model.rsplit("/", 1)[-1]
    metadata = onnxruntime.InferenceSession(flags.model, providers=["CPUExecutionProvider"]).get_modelmeta()
    classes = json.loads(metadata.custom_metadata_map["classes"])
    columns = [
        *(StructField(column, StringType()) for column in ("path", "label")),
        StructField("score", FloatType()),
        StructField("error", StringType()),
        *(StructField(column, FloatType()) for column in classes),
    ]

    started = time.time()
    faces = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(flags.faces)
    scored = faces.select("path", "content").rdd.mapPartitions(lambda rows: score(rows, name))
    spark.createDataFrame(scored, StructType(columns)).write.mode("overwrite").parquet(flags.out)
    seconds = time.time() - started

    written = spark.read.parquet(flags.out)
    labels = {row["label"]: row["count"] for row in written.groupBy("label").count().collect()}
    images = sum(labels.values())
    executors = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    figures = {"spark": spark.version, "executors": executors, "partitions": scored.getNumPartitions()}
    figures |= {"images": images, "unreadable": labels.pop(None, 0), "seconds": round(seconds, 1)}
    figures |= {"images_per_s": round(images / seconds, 1), "labels": dict(sorted(labels.items()))}
    print(json.dumps(figures, indent=1))
    spark.stop()


if __name__ == "__main__":
    main()

"""Training beyond one machine: Spark reads, counts and factorises. Only this package may import pyspark.

`session` opens Spark, `rows` reads Parquet and brings what the other models need to this process, `counting`
and `factors` do the heavy steps, `run` puts them into the places of the local ones.
"""

"""Spark in an agent: sessions of every kind, tables read and written."""
from databricks.connect import DatabricksSession
from databricks.sdk.runtime import spark as runtime_spark
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

remote = DatabricksSession.builder.profile("x").getOrCreate()
builder = SparkSession.builder.appName("a").getOrCreate()
active = SparkSession.getActiveSession()


def load(session, name):
    return session.table(f"main.gold.{name}")  #> table main.gold.builder; table main.gold.remote


load(remote, "remote")
load(builder, "builder")
builder.read.table("main.gold.one")  #> table main.gold.one
builder.sql("SELECT * FROM main.gold.two")  #> table main.gold.two
active.table("main.gold.three")  #> table main.gold.three
active.read.table("main.gold.four")  #> table main.gold.four
active.sql(sqlQuery="SELECT * FROM main.gold.five")  #> table main.gold.five
remote.read.table(tableName="main.gold.six")  #> table main.gold.six
remote.sql("MERGE INTO main.gold.seven t USING main.gold.eight s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *")  #> table main.gold.seven; table main.gold.eight
runtime_spark.table("main.gold.nine")  #> table main.gold.nine
runtime_spark.read.table("main.gold.ten")  #> table main.gold.ten
runtime_spark.sql("DESCRIBE TABLE main.gold.eleven")  #> table main.gold.eleven
frame = spark.table("main.gold.twelve")  #> table main.gold.twelve
spark.read.format("delta").table("main.gold.thirteen")  #> table main.gold.thirteen
spark.readStream.option("x", 1).table("main.gold.fourteen")  #> table main.gold.fourteen
spark.createDataFrame([]).write.mode("append").saveAsTable("main.gold.fifteen")  #> table main.gold.fifteen
frame.write.insertInto("main.gold.sixteen")  #> table main.gold.sixteen
DeltaTable.forName(spark, "main.gold.seventeen").toDF()  #> table main.gold.seventeen
spark.sql("SELECT * FROM delta.`/Volumes/main/raw/files`")
